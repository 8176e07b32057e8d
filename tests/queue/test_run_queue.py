from __future__ import annotations

import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError

from forge.errors import StorageUnavailable
from forge.models.ids import new_run_id
from forge.models.run import CommandMessage, RunMessage
from forge.models.session_key import SessionKey
from forge.ports.queue import RunQueue
from forge.queue import open_queue
from forge.settings import Settings


@pytest.fixture
def queue(sqs: Any, queue_url: str, dead_letter_url: str) -> RunQueue:
    settings = Settings(forge_table="t", forge_queue_url=queue_url, forge_dead_letter_url=dead_letter_url)
    return open_queue(settings, sqs)


@pytest.fixture
def dead_letter_url(sqs: Any) -> str:
    return sqs.create_queue(QueueName="dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]


def run(session_id: str = "s1", owner: str = "anonymous") -> RunMessage:
    return RunMessage(owner=owner, session_id=session_id, generation=1, run_id=new_run_id())


def depth(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(counts[name]) for name in names)


def test_a_message_arrives_as_it_was_sent(queue: RunQueue, sqs: Any, queue_url: str):
    sent = run()
    queue.send(sent)
    (delivery,) = queue.receive(10, 0)
    assert (delivery.body, delivery.receives) == (sent, 1)
    queue.delete(delivery.receipt)
    assert depth(sqs, queue_url) == 0


def test_commands_and_runs_share_the_queue(queue: RunQueue):
    command = CommandMessage(command_id=new_run_id())
    queue.send(command)
    queue.send(run())
    kinds = {delivery.body.type for delivery in queue.receive(10, 0)}
    assert kinds == {"command", "run"}


def test_the_second_message_of_a_session_waits_for_the_first(queue: RunQueue):
    first, second, other = run("s1"), run("s1"), run("s2")
    for message in (first, second, other):
        queue.send(message)
    delivered = [*queue.receive(1, 0), *queue.receive(10, 0)]
    assert [each.body for each in delivered if each.body == first] == [first]
    assert second not in [each.body for each in queue.receive(10, 0)]


def test_the_same_run_is_queued_once_unless_it_is_sent_again_on_purpose(
    queue: RunQueue, sqs: Any, queue_url: str
):
    message = run()
    queue.send(message)
    queue.send(message)
    assert depth(sqs, queue_url) == 1
    queue.send(message.model_copy(update={"attempt": 2}))
    assert depth(sqs, queue_url) == 2
    queue.send(message, resend=True)
    queue.send(message, resend=True)
    assert depth(sqs, queue_url) == 4


@pytest.mark.parametrize("owner", ["anonymous", "ann@example.org", "Ünïcode|" + "x" * 200, "a b"])
def test_any_owner_and_the_longest_session_id_can_be_a_group(queue: RunQueue, owner: str):
    message = run("s" * 128, owner)
    queue.send(message)
    (delivery,) = queue.receive(1, 0)
    assert isinstance(delivery.body, RunMessage)
    assert delivery.body.key == SessionKey(owner, "s" * 128)


@pytest.mark.parametrize("body", ["not json", "{}", '{"type":"run"}', '{"type":"other"}', "[]"])
def test_an_unreadable_message_is_left_for_the_dead_letters_and_not_logged(
    queue: RunQueue, sqs: Any, queue_url: str, body: str, caplog: pytest.LogCaptureFixture
):
    sqs.send_message(QueueUrl=queue_url, MessageBody=body, MessageGroupId="x", MessageDeduplicationId="x")
    good = run()
    queue.send(good)
    with caplog.at_level(logging.WARNING):
        delivered = [*queue.receive(10, 0), *queue.receive(10, 0)]
    assert [each.body for each in delivered] == [good]
    assert depth(sqs, queue_url) == 2
    assert [record.message for record in caplog.records] == ["queue message is not readable"]
    assert caplog.records[0].__dict__["size"] == len(body)


def test_a_message_can_be_given_back_at_once(queue: RunQueue):
    queue.send(run())
    (first,) = queue.receive(1, 0)
    assert queue.receive(1, 0) == []
    queue.extend(first.receipt, 0)
    (again,) = queue.receive(1, 0)
    assert (again.body, again.receives) == (first.body, 2)


def test_a_stale_receipt_is_no_error(queue: RunQueue):
    queue.send(run())
    (delivery,) = queue.receive(1, 0)
    queue.delete(delivery.receipt)
    queue.delete(delivery.receipt)
    queue.extend(delivery.receipt, 8)
    queue.delete("never-a-receipt")


def test_a_buried_message_is_seen_by_the_operator(
    queue: RunQueue, sqs: Any, queue_url: str, dead_letter_url: str
):
    sent = run()
    queue.send(sent)
    (delivery,) = queue.receive(1, 0)
    queue.dead_letter(delivery)
    assert depth(sqs, queue_url) == 0
    (dead,) = sqs.receive_message(QueueUrl=dead_letter_url)["Messages"]
    assert RunMessage.model_validate_json(dead["Body"]) == sent


def test_without_a_dead_letter_queue_a_buried_message_is_only_deleted(sqs: Any, queue_url: str):
    queue = open_queue(Settings(forge_table="t", forge_queue_url=queue_url), sqs)
    queue.send(run())
    (delivery,) = queue.receive(1, 0)
    queue.dead_letter(delivery)
    assert depth(sqs, queue_url) == 0


def test_an_overloaded_queue_is_unavailable(queue: RunQueue, sqs: Any, monkeypatch: pytest.MonkeyPatch):
    def throttled(operation: str, parameters: Any) -> Any:
        raise ClientError({"Error": {"Code": "RequestThrottled"}}, operation)

    monkeypatch.setattr(sqs, "_make_api_call", throttled)
    for attempt in (lambda: queue.send(run()), lambda: queue.receive(1, 0), lambda: queue.delete("r")):
        with pytest.raises(StorageUnavailable):
            attempt()


def test_ten_messages_are_kept_back_in_one_call_and_those_that_are_gone_passed_over(
    queue: RunQueue, caplog: pytest.LogCaptureFixture
):
    for number in range(10):
        queue.send(run(f"s{number}"))
    held = queue.receive(10, 0)
    assert len(held) == 10
    queue.delete(held[3].receipt)
    receipts = [delivery.receipt for delivery in held]
    with caplog.at_level(logging.WARNING):
        queue.extend_all(receipts, 0)
    assert [record.message for record in caplog.records] == ["queue receipt is stale"]
    again = queue.receive(10, 0)
    assert {each.body.model_dump_json() for each in again} == {
        each.body.model_dump_json() for each in held if each is not held[3]
    }


def test_a_message_that_the_queue_could_not_keep_back_makes_it_unavailable(
    queue: RunQueue, sqs: Any, monkeypatch: pytest.MonkeyPatch
):
    failed = {"Id": "0", "Code": "InternalError", "SenderFault": False}
    monkeypatch.setattr(sqs, "_make_api_call", lambda *_: {"Successful": [], "Failed": [failed]})
    with pytest.raises(StorageUnavailable):
        queue.extend_all(["r"], 8)

"""`python -m worker.operator_commands.dead_letters`: runs that were given up can be listed, and tried again."""

from __future__ import annotations

from typing import Any

import pytest

from forge.errors import NotFound, SessionUnreadable
from forge.models.ids import new_run_id
from forge.models.run import CommandMessage, Ending, Progress, RunMessage, Submission
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.queue import SqsRunQueue
from forge.store import Store, keys
from tests.clock import Clock
from tests.schema import QUEUE_ATTRIBUTES
from tests.worker.test_damaged_items import damage
from worker.operator_commands.dead_letters import DeadLetters, listed
from worker.operator_commands.letters import details, line, name_of

KEY = SessionKey(ANONYMOUS, "s1")
PAYER = "0123456789abcdef"


@pytest.fixture
def dead(sqs: Any) -> SqsRunQueue:
    url = sqs.create_queue(QueueName="dead.fifo", Attributes=QUEUE_ATTRIBUTES)["QueueUrl"]
    return SqsRunQueue(sqs, url)


@pytest.fixture
def queue(sqs: Any, queue_url: str) -> SqsRunQueue:
    return SqsRunQueue(sqs, queue_url)


@pytest.fixture
def letters(store: Store, queue: SqsRunQueue, dead: SqsRunQueue, clock: Clock) -> DeadLetters:
    return DeadLetters(store, queue, dead, clock)


def accepted(store: Store, clock: Clock, key: SessionKey = KEY) -> RunMessage:
    run_id = new_run_id()
    submission = Submission(run_id=run_id, content="pay Bob", created_at=clock(), payer=PAYER)
    return store.inbox.accept(key, submission).run_message(run_id, payer=PAYER)


@pytest.fixture
def given_up(store: Store, clock: Clock, dead: SqsRunQueue) -> RunMessage:
    message = accepted(store, clock)
    store.runs.finish(store.runs.claim(message, "worker"), Ending(outcome="failed"))
    dead.send(message)
    return message


def test_a_given_up_run_is_listed_without_its_text_and_shown_with_it(
    letters: DeadLetters, given_up: RunMessage
) -> None:
    (letter,) = letters.all()
    assert line(letter).split()[:3] == [given_up.run_id, "s1", "failed"]
    assert "pay Bob" not in line(letter)
    assert "pay Bob" in details(letters.one(given_up.run_id))


def test_requeueing_accepts_the_input_once_more_and_removes_the_letter(
    letters: DeadLetters, given_up: RunMessage, store: Store, queue: SqsRunQueue
) -> None:
    letters.requeue(given_up.run_id)
    session = store.sessions.get(KEY)
    assert session is not None
    (waiting,) = session.inbox
    assert waiting.content == "pay Bob"
    (delivery,) = queue.receive(10, 0)
    assert isinstance(delivery.body, RunMessage)
    assert delivery.body.run_id == waiting.run_id != given_up.run_id
    assert (
        delivery.body.payer == waiting.payer == PAYER
    )  # it uses the same shares, and counts for the same caps
    assert letters.all() == []


def test_requeueing_the_same_run_again_adds_nothing(
    letters: DeadLetters, given_up: RunMessage, store: Store, dead: SqsRunQueue
) -> None:
    letters.requeue(given_up.run_id)
    dead.send(given_up, resend=True)
    letters.requeue(given_up.run_id)
    session = store.sessions.get(KEY)
    assert session is not None
    assert len(session.inbox) == 1


def test_each_of_several_letters_of_a_run_is_removed(
    letters: DeadLetters, given_up: RunMessage, dead: SqsRunQueue
) -> None:
    dead.send(given_up, resend=True)
    assert len(letters.all()) == 2
    assert len(list(letters.requeue_all())) == 2
    assert (letters.all(), letters.count()) == ([], 0)


def test_a_run_that_has_not_ended_is_sent_again(
    letters: DeadLetters, store: Store, clock: Clock, dead: SqsRunQueue, queue: SqsRunQueue
) -> None:
    message = accepted(store, clock)
    dead.send(message)
    letters.requeue(message.run_id)
    assert [delivery.body for delivery in queue.receive(10, 0)] == [message]


def test_a_run_that_another_worker_goes_on_with_is_sent_again_and_not_begun_twice(
    letters: DeadLetters, store: Store, clock: Clock, dead: SqsRunQueue, queue: SqsRunQueue
) -> None:
    """Its input is in the log from its first response on."""
    message = accepted(store, clock)
    store.runs.append(store.runs.claim(message, "worker"), Progress(entries=[b"a response"]))
    dead.send(message)
    assert line(letters.one(message.run_id)).split()[2] == "unfinished"
    letters.requeue(message.run_id)
    session = store.sessions.get(KEY)
    assert session is not None
    assert session.inbox == []
    assert [delivery.body for delivery in queue.receive(10, 0)] == [message]


def test_a_session_that_cannot_be_read_hides_no_other_letter(
    letters: DeadLetters,
    given_up: RunMessage,
    store: Store,
    clock: Clock,
    dead: SqsRunQueue,
    dynamodb: Any,
) -> None:
    key = SessionKey(ANONYMOUS, "damaged")
    message = accepted(store, clock, key)
    dead.send(message)
    damage(dynamodb, keys.hot(key), "generation", {"S": "a text"})
    assert {letter.message.run_id for letter in letters.all()} == {given_up.run_id, message.run_id}
    assert "session cannot be read" in line(letters.one(message.run_id))
    assert "accepted once more" in letters.requeue(given_up.run_id)
    with pytest.raises(SessionUnreadable):
        letters.requeue(message.run_id)
    assert [letter.message for letter in letters.all()] == [message]


def test_the_letter_of_a_command_is_listed_and_can_only_be_removed(
    letters: DeadLetters, given_up: RunMessage, dead: SqsRunQueue
) -> None:
    dead.send(command := CommandMessage(command_id=new_run_id()))
    assert {line(each).split()[0] for each in letters.everything()} == {given_up.run_id, command.command_id}
    assert "(a command)" in details(letters.one(command.command_id))
    assert "never repeated" in letters.requeue(command.command_id)
    assert [line(each).split()[0] for each in letters.everything()] == [given_up.run_id]


@pytest.mark.slow
def test_letters_that_another_version_wrote_are_listed_hide_no_other_and_can_be_removed(
    letters: DeadLetters, given_up: RunMessage, dead: SqsRunQueue, sqs: Any
) -> None:
    """The alarm goes on until the queue is empty; a whole batch of them ended the list before the others."""
    url = sqs.get_queue_url(QueueName="dead.fifo")["QueueUrl"]
    for number in range(12):
        body, name = f'{{"type": "newer {number:02}"}}', f"n{number}"
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=name, MessageDeduplicationId=name)
    (run,) = letters.all()
    assert run.message == given_up
    strangers = [each for each in letters.everything() if each is not run and "another" in line(each)]
    assert len(strangers) == 12
    for each in strangers:
        assert "20 characters" in details(letters.one(name_of(each)))
        assert "cannot read" in letters.requeue(name_of(each))
    assert [name_of(each) for each in letters.everything()] == [given_up.run_id]


def test_the_letter_of_a_deleted_session_is_removed(
    letters: DeadLetters, given_up: RunMessage, store: Store
) -> None:
    store.sessions.delete(KEY)
    assert "session has ended" in letters.requeue(given_up.run_id)
    assert letters.all() == []


def test_the_letter_of_a_run_whose_input_is_in_no_log_is_removed(
    letters: DeadLetters, given_up: RunMessage, dead: SqsRunQueue
) -> None:
    dead.send(lost := given_up.model_copy(update={"run_id": new_run_id()}))
    assert "nothing can be accepted again" in letters.requeue(lost.run_id)
    assert [letter.message for letter in letters.all()] == [given_up]


@pytest.mark.slow
def test_all_letters_are_requeued_also_the_eleventh_of_a_session(
    letters: DeadLetters, given_up: RunMessage, dead: SqsRunQueue, store: Store, clock: Clock, dynamodb: Any
) -> None:
    """A FIFO queue gives no more of a group while ten of it are held, so the list says that there are more."""
    for _ in range(12):
        dead.send(given_up.model_copy(update={"run_id": new_run_id()}))
    dead.send(damaged := accepted(store, clock, SessionKey(ANONYMOUS, "damaged")))
    damage(dynamodb, keys.hot(damaged.key), "generation", {"S": "a text"})
    seen = letters.look()
    assert (len(seen.letters), seen.more) == (11, 3)
    assert "3 more letters" in listed(seen)
    outcomes = dict(letters.requeue_all())
    assert len(outcomes) == 14
    assert "accepted once more" in str(outcomes[given_up.run_id])
    assert isinstance(outcomes[damaged.run_id], SessionUnreadable)
    assert [letter.message for letter in letters.all()] == [damaged]


def test_letters_are_visible_again_after_a_command_was_interrupted(
    letters: DeadLetters, given_up: RunMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(letters, "_read", interrupt)
        with pytest.raises(KeyboardInterrupt):
            letters.everything()
    assert [letter.message for letter in letters.all()] == [given_up]


def test_letters_that_another_command_holds_are_counted(
    letters: DeadLetters, given_up: RunMessage, dead: SqsRunQueue
) -> None:
    assert len(dead.receive_all(10, 0)) == 1
    assert "1 more letter" in listed(letters.look())


def test_an_unknown_run_is_not_requeued(letters: DeadLetters, given_up: RunMessage) -> None:
    with pytest.raises(NotFound):
        letters.requeue("unknown")
    assert [letter.message for letter in letters.all()] == [given_up]

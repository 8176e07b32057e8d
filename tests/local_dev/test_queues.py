"""The local queues, used by the AWS client over HTTP as the application uses SQS."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from botocore.exceptions import ClientError
from starlette.types import Message

from forge.store import system_clock
from local_dev.aws.create_tables import client
from local_dev.aws.credential import Credential
from local_dev.aws.sqs.queue_api import QueueApi
from local_dev.aws.sqs.queue_server import QueueServer, open_queues
from local_dev.aws.sqs.queues import Queue
from local_dev.template.aws_variables import aws_variables
from local_dev.template.resource_names import local_wiring
from tests.patience import PATIENCE_SECONDS

CREDENTIAL = Credential("QUEUEKEY")
SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=QUEUEKEY/20261126/us-east-1/sqs/aws4_request"}


@dataclass
class Sqs:
    client: Any
    url: str
    dead: str
    endpoint: str

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        parameters = {"QueueUrl": self.url, **parameters}
        return await asyncio.to_thread(getattr(self.client, operation), **parameters)

    async def send(self, group: str, body: str, deduplication: str = "") -> dict[str, Any]:
        identity = deduplication or uuid.uuid4().hex
        return await self.call(
            "send_message", MessageBody=body, MessageGroupId=group, MessageDeduplicationId=identity
        )

    async def receive(self, wait: int = 0, **options: Any) -> list[dict[str, Any]]:
        options = {"MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"], **options}
        answer = await self.call("receive_message", WaitTimeSeconds=wait, **options)
        return answer.get("Messages", [])

    async def delete(self, message: dict[str, Any]) -> None:
        await self.call("delete_message", ReceiptHandle=message["ReceiptHandle"])

    async def hide(self, message: dict[str, Any], seconds: int) -> None:
        receipt = message["ReceiptHandle"]
        await self.call("change_message_visibility", ReceiptHandle=receipt, VisibilityTimeout=seconds)


def bodies(messages: list[dict[str, Any]]) -> list[str]:
    return [message["Body"] for message in messages]


@pytest_asyncio.fixture
async def sqs(tmp_path: Path) -> AsyncGenerator[Sqs]:
    wiring = local_wiring({}, "http://127.0.0.1:1")
    listener = socket.create_server(("127.0.0.1", 0))
    queues = open_queues(tmp_path / "queues.db", print)
    server = QueueServer(listener.detach(), queues, wiring, system_clock, CREDENTIAL)
    serving = asyncio.create_task(server.run())
    refs = wiring.template.refs
    made = client("sqs", aws_variables({}, "http://127.0.0.1:1", server.url, CREDENTIAL.access_key))
    yield Sqs(made, refs["Queue"], refs["DeadLetterQueue"], server.url)
    made.close()
    server.stop()
    await serving


@pytest.mark.slow
async def test_a_long_poll_wakes_up_when_a_message_is_sent(sqs: Sqs) -> None:
    polling = asyncio.create_task(sqs.receive(wait=20))
    await sqs.send("g", "1")
    assert bodies(await asyncio.wait_for(polling, PATIENCE_SECONDS)) == ["1"]


async def test_a_waiting_receive_is_answered_before_the_send_that_ends_it(tmp_path: Path) -> None:
    queues, answered, waits = open_queues(tmp_path / "queues.db", print), list[str](), asyncio.Event()
    api = QueueApi(queues, [Queue("waiting.fifo", fifo=True)], system_clock, CREDENTIAL)

    async def ask(operation: str, **request: Any) -> None:
        bodies = [json.dumps({"QueueUrl": "waiting.fifo", **request}).encode()]

        async def receive() -> Message:
            if bodies:
                return {"type": "http.request", "body": bodies.pop()}
            waits.set()  # its body was read, and it watches whether its client leaves
            return await asyncio.Future()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.append(operation)

        target = (b"x-amz-target", f"AmazonSQS.{operation}".encode())
        headers = [target, *((name.encode(), value.encode()) for name, value in SIGNED.items())]
        await api({"type": "http", "method": "POST", "headers": headers}, receive, send)

    polling = asyncio.create_task(ask("ReceiveMessage", WaitTimeSeconds=20))
    await asyncio.wait_for(waits.wait(), PATIENCE_SECONDS)
    await ask("SendMessage", MessageBody="1", MessageGroupId="g", MessageDeduplicationId="1")
    await asyncio.wait_for(polling, PATIENCE_SECONDS)
    queues.close()
    assert answered == ["ReceiveMessage", "SendMessage"]


@pytest.mark.slow
async def test_the_next_message_of_a_group_follows_the_deletion_of_the_first(sqs: Sqs) -> None:
    await sqs.send("g", "1")
    (first,) = await sqs.receive()
    await sqs.send("g", "2")
    assert await sqs.receive() == []
    polling = asyncio.create_task(sqs.receive(wait=20))
    await sqs.delete(first)
    assert bodies(await asyncio.wait_for(polling, PATIENCE_SECONDS)) == ["2"]


@pytest.mark.slow
async def test_messages_of_one_group_come_in_order_and_other_groups_do_not_wait(sqs: Sqs) -> None:
    for group, body in (("g", "1"), ("h", "a"), ("g", "2")):
        await sqs.send(group, body)
    (first,) = await sqs.receive(MaxNumberOfMessages=1)
    assert (first["Body"], first["Attributes"]["MessageGroupId"]) == ("1", "g")
    assert bodies(await sqs.receive()) == ["a"]
    await sqs.hide(first, 0)
    assert bodies(await sqs.receive()) == ["1", "2"]


@pytest.mark.slow
async def test_a_message_that_is_let_go_wakes_a_poll_when_its_time_is_over(sqs: Sqs) -> None:
    await sqs.send("g", "1")
    (first,) = await sqs.receive()
    await sqs.hide(first, 1)
    (again,) = await asyncio.wait_for(sqs.receive(wait=20), PATIENCE_SECONDS)
    assert (again["Body"], again["Attributes"]["ApproximateReceiveCount"]) == ("1", "2")
    with pytest.raises(ClientError) as refused:
        await sqs.delete(first)
    assert refused.value.response["Error"]["Code"] == "ReceiptHandleIsInvalid"


@pytest.mark.slow
async def test_a_repeated_send_is_one_message(sqs: Sqs) -> None:
    first, second = await sqs.send("g", "1", "same"), await sqs.send("g", "1", "same")
    assert first["MessageId"] == second["MessageId"]
    assert first["SequenceNumber"] == second["SequenceNumber"]
    assert bodies(await sqs.receive()) == ["1"]


@pytest.mark.slow
async def test_a_receive_whose_answer_was_lost_is_repeated(sqs: Sqs) -> None:
    await sqs.send("g", "1")
    first, second = [await sqs.receive(ReceiveRequestAttemptId="attempt") for _ in range(2)]
    assert first == second != []
    await sqs.delete(first[0])
    assert await sqs.receive(ReceiveRequestAttemptId="attempt") == []


@pytest.mark.slow
async def test_a_poll_whose_client_has_left_takes_no_message(sqs: Sqs) -> None:
    head = {"x-amz-target": "AmazonSQS.ReceiveMessage", **SIGNED}
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as http:
        request = {"QueueUrl": sqs.url, "WaitTimeSeconds": 20}
        leaving = asyncio.create_task(http.post(sqs.endpoint, json=request, headers=head))
        await sqs.receive(wait=1)
        leaving.cancel()
        await asyncio.wait((leaving,))
    await sqs.receive(wait=1)
    await sqs.send("g", "1")
    assert bodies(await sqs.receive(wait=5)) == ["1"]


@pytest.mark.slow
async def test_batches_say_what_became_of_each_entry(sqs: Sqs) -> None:
    await sqs.send("g", "1")
    (message,) = await sqs.receive()
    receipts = {"good": message["ReceiptHandle"], "bad": "x"}
    entries = [{"Id": each, "ReceiptHandle": receipts[each], "VisibilityTimeout": 9} for each in receipts]
    answer = await sqs.call("change_message_visibility_batch", Entries=entries)
    assert [each["Id"] for each in answer["Successful"]] == ["good"]
    assert [(each["Id"], each["Code"]) for each in answer["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]


@pytest.mark.slow
async def test_attributes_count_what_waits_and_what_is_held(sqs: Sqs) -> None:
    await sqs.send("g", "1")
    await sqs.send("h", "2")
    await sqs.receive(MaxNumberOfMessages=1)
    told = (await sqs.call("get_queue_attributes", AttributeNames=["All"]))["Attributes"]
    assert (told["ApproximateNumberOfMessages"], told["ApproximateNumberOfMessagesNotVisible"]) == ("1", "1")
    assert told["FifoQueue"] == "true"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("AmazonSQS.CreateQueue", b"{}", "UnsupportedOperation"),
        ("", b"", "UnsupportedOperation"),
        ("AmazonSQS.SendMessage", b"[]", "InvalidParameterValue"),
        ("AmazonSQS.SendMessage", b"{", "InvalidParameterValue"),
        ("AmazonSQS.SendMessage", b"{}", "MissingParameter"),
        ("AmazonSQS.SendMessage", b'{"QueueUrl": "x"}', "QueueDoesNotExist"),
        ("AmazonSQS.ChangeMessageVisibilityBatch", b'{"Entries": []}', "EmptyBatchRequest"),
        (
            "AmazonSQS.ReceiveMessage",
            b'{"QueueUrl": "Queue.fifo", "WaitTimeSeconds": "a"}',
            "InvalidParameterValue",
        ),
        (
            "AmazonSQS.ReceiveMessage",
            b'{"QueueUrl": "Queue.fifo", "VisibilityTimeout": []}',
            "InvalidParameterValue",
        ),
    ],
)
async def test_a_request_that_is_wrong_is_an_error_of_the_protocol(
    sqs: Sqs, target: str, body: bytes, code: str
) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as http:
        answer = await http.post(sqs.endpoint, content=body, headers={"x-amz-target": target, **SIGNED})
    assert answer.status_code == 400
    assert answer.json()["__type"].endswith(code)

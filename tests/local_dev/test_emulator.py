"""Both emulators, as the application uses them: what they must do, and how promptly."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_dev.aws import client, create_resources
from local_dev.emulator import chosen, emulator_listener, endpoint_of, start_emulator
from local_dev.environment import aws_variables
from local_dev.names import name_resources
from local_dev.processes import ROOT, Processes, StartFailed
from local_dev.template import Template
from local_dev.wiring import Wiring


class Emulated:
    def __init__(self, template: Template, variables: dict[str, str]) -> None:
        self.table = template.refs["Table"]
        self.queue = template.refs["Queue"]
        self.dynamodb = client("dynamodb", variables)
        self.sqs = client("sqs", variables)

    def send(self, group: str, body: str) -> None:
        self.sqs.send_message(
            QueueUrl=self.queue,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=uuid.uuid4().hex,
        )

    def receive(self, wait: int = 3) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=wait, MaxNumberOfMessages=10)
        return answer.get("Messages", [])

    def delete(self, message: dict[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def put(self, pk: str, **options: Any) -> dict[str, Any]:
        return {"Put": {"TableName": self.table, "Item": {"pk": {"S": pk}, "sk": {"S": "x"}}, **options}}

    def empty(self) -> None:
        for item in self.dynamodb.scan(TableName=self.table)["Items"]:
            self.dynamodb.delete_item(TableName=self.table, Key={"pk": item["pk"], "sk": item["sk"]})
        while messages := self.receive(wait=0):
            for message in messages:
                self.delete(message)

    def keys(self) -> set[str]:
        return {item["pk"]["S"] for item in self.dynamodb.scan(TableName=self.table)["Items"]}


@pytest.fixture(scope="module", params=["moto", "ministack"])
def emulator(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    processes = Processes(tmp_path_factory.mktemp("emulator"))
    listener = emulator_listener()
    variables = aws_variables({}, endpoint_of(listener))
    template = Template.load(ROOT / "template.yaml", region="us-east-1")
    name_resources(template, variables["AWS_ENDPOINT_URL"])
    with asyncio.Runner() as runner:
        runner.run(start_emulator(processes, request.param, listener))
        try:
            create_resources(Wiring(template), variables)
            yield Emulated(template, variables)
        finally:
            runner.run(processes.close())


@pytest.fixture
def emulated(emulator: Emulated) -> Emulated:
    emulator.empty()
    return emulator


async def test_the_template_names_what_was_created(emulated: Emulated):
    attributes = emulated.sqs.get_queue_attributes(QueueUrl=emulated.queue, AttributeNames=["All"])[
        "Attributes"
    ]
    assert attributes["FifoQueue"] == "true"
    assert "DeadLetterQueue.fifo" in attributes["RedrivePolicy"]
    described = emulated.dynamodb.describe_table(TableName=emulated.table)["Table"]
    assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["work"]


async def test_a_long_poll_wakes_up_at_once(emulated: Emulated):
    polling = asyncio.create_task(asyncio.to_thread(emulated.receive))
    await asyncio.sleep(0.3)
    sent = time.monotonic()
    await asyncio.to_thread(emulated.send, "g", "1")
    messages = await polling
    assert [message["Body"] for message in messages] == ["1"]
    assert time.monotonic() - sent < 0.5


async def test_the_next_message_of_a_group_follows_the_deletion_of_the_first(emulated: Emulated):
    group = uuid.uuid4().hex
    emulated.send(group, "1")
    (first,) = emulated.receive()
    emulated.send(group, "2")
    polling = asyncio.create_task(asyncio.to_thread(emulated.receive))
    await asyncio.sleep(0.3)
    assert not polling.done()
    deleted = time.monotonic()
    await asyncio.to_thread(emulated.delete, first)
    assert [message["Body"] for message in await polling] == ["2"]
    assert time.monotonic() - deleted < 0.5


async def test_a_refused_transaction_changes_nothing(emulated: Emulated):
    emulated.dynamodb.transact_write_items(TransactItems=[emulated.put("kept")])
    refused = emulated.put("kept", ConditionExpression="attribute_not_exists(pk)")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        emulated.dynamodb.transact_write_items(TransactItems=[emulated.put("new"), refused])
    assert emulated.keys() == {"kept"}


async def test_writes_beside_a_refused_transaction_are_kept(emulated: Emulated):
    refused = emulated.put("kept", ConditionExpression="attribute_exists(nothing)")

    def refuse() -> None:
        for _ in range(20):
            with pytest.raises(ClientError, match="ConditionalCheckFailed"):
                emulated.dynamodb.transact_write_items(TransactItems=[emulated.put("new"), refused])

    def write(start: int) -> None:
        for number in range(start, start + 20):
            emulated.dynamodb.transact_write_items(TransactItems=[emulated.put(f"beside-{number}")])

    await asyncio.gather(
        asyncio.to_thread(refuse), asyncio.to_thread(write, 0), asyncio.to_thread(write, 100)
    )
    assert len(emulated.keys()) == 40


def test_an_unknown_emulator_is_refused():
    with pytest.raises(StartFailed, match="must be ministack or moto"):
        chosen("localstack")

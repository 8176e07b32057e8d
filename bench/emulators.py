"""Compares the table's emulators, with the local queues, as `make run` uses them: `python -m bench.emulators`.

One client makes calls one after the other, as one message's path does. Numbers are milliseconds, p50 / p95.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from bench.soak.rig import CREDENTIAL, serving_queues
from local_dev.aws.create_tables import client, create_tables
from local_dev.processes.emulator import NAMES, Emulator, chosen
from local_dev.processes.processes import Processes
from local_dev.template.aws_variables import aws_variables
from local_dev.template.intrinsics import Template
from local_dev.template.resource_names import local_wiring, shapes

CALLS = 60
ITEMS = 1_000
QUEUED = 800


class Subject:
    """One emulator with the template's table and queue."""

    def __init__(self, template: Template, variables: dict[str, str]) -> None:
        self.table, self.queue = template.refs["Table"], template.refs["Queue"]
        self.dynamodb = client("dynamodb", variables)
        self.sqs = client("sqs", variables)
        self._number = 0

    def unique(self) -> str:
        self._number += 1
        return f"n{self._number}"

    def accept(self) -> None:
        """Write as the acceptance of a message does: one conditional update that creates a session."""
        self.dynamodb.update_item(
            TableName=self.table,
            Key={"pk": {"S": self.unique()}, "sk": {"S": "session"}},
            UpdateExpression="SET rev = if_not_exists(rev, :zero) + :one, inbox = :inbox",
            ConditionExpression="attribute_not_exists(generation) OR generation = :zero",
            ExpressionAttributeValues={
                ":zero": {"N": "0"},
                ":one": {"N": "1"},
                ":inbox": {"M": {"run": {"S": "x" * 500}}},
            },
            ReturnValues="ALL_NEW",
        )

    def commit(self) -> None:
        """Write as the end of a message does: a transaction of the log's item and the hot item."""
        pk = {"S": self.unique()}
        update = {
            "TableName": self.table,
            "Key": {"pk": pk, "sk": {"S": "session"}},
            "UpdateExpression": "SET rev = if_not_exists(rev, :one)",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        item = {"pk": pk, "sk": {"S": "message#1"}, "content": {"S": "y" * 300}}
        put = {"TableName": self.table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        self.dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"Update": update}])

    def put(self) -> None:
        item = {"pk": {"S": self.unique()}, "sk": {"S": "message#1"}, "content": {"S": "y" * 1000}}
        self.dynamodb.put_item(TableName=self.table, Item=item)

    def send(self) -> None:
        group = self.unique()
        self.sqs.send_message(
            QueueUrl=self.queue, MessageBody="{}", MessageGroupId=group, MessageDeduplicationId=group
        )

    def receive_and_delete(self) -> None:
        answer = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=5, MaxNumberOfMessages=1)
        receipt = answer["Messages"][0]["ReceiptHandle"]
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=receipt)

    def wake_up(self, pause: float) -> float:
        """Return milliseconds from a send to the end of the long poll that waited for it."""
        received: list[float] = []

        def poll() -> None:
            answer = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=5)
            received.append(time.perf_counter())
            receipt = answer["Messages"][0]["ReceiptHandle"]
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=receipt)

        polling = threading.Thread(target=poll)
        polling.start()
        time.sleep(pause)
        began = time.perf_counter()
        self.send()
        polling.join()
        return (received[0] - began) * 1000


def main() -> None:
    for name in NAMES:
        asyncio.run(measure(name))


async def measure(name: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        processes = Processes(folder)
        wiring = local_wiring({}, "http://127.0.0.1:1")
        try:
            began = time.perf_counter()
            emulator = Emulator(processes, chosen(name), folder, shapes(wiring), print)
            child = await emulator.start()
            async with serving_queues(wiring, folder) as queues:
                variables = aws_variables({}, emulator.url, queues, CREDENTIAL.access_key)
                await asyncio.to_thread(create_tables, wiring, variables)
                print(f"{name} (load average {os.getloadavg()[0]:.1f})")
                show("start and create", f"{time.perf_counter() - began:.2f} s")
                await asyncio.to_thread(_measure, Subject(wiring.template, variables))
                show("memory", f"{psutil.Process(child.pid).memory_info().rss >> 20} MB")
        finally:
            await processes.close()


def _measure(subject: Subject) -> None:
    show("accept", timed(subject.accept))
    show("commit", timed(subject.commit))
    show("send", timed(subject.send))
    show("receive and delete", timed(subject.receive_and_delete))
    show("wake-up of a long poll", spread([subject.wake_up(0.15 + 0.013 * step) for step in range(20)]))
    for _ in range(ITEMS):
        subject.put()
    show(f"accept at {ITEMS} items", timed(subject.accept))
    show(f"commit at {ITEMS} items", timed(subject.commit))
    for _ in range(QUEUED):
        subject.send()
    show(f"send at {QUEUED} queued", timed(subject.send))
    show(f"receive and delete at {QUEUED} queued", timed(subject.receive_and_delete))


def timed(call: Callable[[], Any]) -> str:
    durations: list[float] = []
    for _ in range(CALLS):
        began = time.perf_counter()
        call()
        durations.append((time.perf_counter() - began) * 1000)
    return spread(durations)


def spread(durations: list[float]) -> str:
    ordered = sorted(durations)
    return f"{ordered[len(ordered) // 2]:.1f} / {ordered[int(len(ordered) * 0.95)]:.1f}"


def show(what: str, value: str) -> None:
    print(f"  {what:<38}{value}", flush=True)


if __name__ == "__main__":
    main()

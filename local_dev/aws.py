"""Creates the template's tables and queues in the emulator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

from local_dev.names import queue_name, table_name
from local_dev.processes import StartFailed
from local_dev.wiring import Wiring

_TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
_QUEUE_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "VisibilityTimeout",
)


def client(service: str, environment: Mapping[str, str]) -> Any:
    """A client of the emulator, with the very settings that the processes get."""
    session: Any = boto3.Session()  # types every service it knows; ours is chosen at run time
    return session.client(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(
            connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5}
        ),
    )


def create_resources(wiring: Wiring, environment: Mapping[str, str]) -> None:
    """Under the names of `names.name_resources`; what exists already stays. Raises `StartFailed`."""
    with ThreadPoolExecutor() as threads:
        tables = threads.submit(_create_tables, wiring, client("dynamodb", environment))
        queues = threads.submit(_create_queues, wiring, client("sqs", environment))
        tables.result()
        queues.result()


def _create_tables(wiring: Wiring, dynamodb: Any) -> None:
    existing = dynamodb.list_tables()["TableNames"]
    for logical, properties in wiring.tables().items():
        name = table_name(logical, properties)
        if name not in existing:
            wanted = {key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
            dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **wanted)


def _create_queues(wiring: Wiring, sqs: Any) -> None:
    """Dead-letter queues first: others name them."""
    waiting = wiring.queues().items()
    for logical, properties in sorted(waiting, key=lambda pair: "RedrivePolicy" in pair[1]):
        attributes = {key: _text(properties[key]) for key in _QUEUE_ATTRIBUTES if key in properties}
        url = sqs.create_queue(QueueName=queue_name(logical, properties), Attributes=attributes)["QueueUrl"]
        if url != wiring.template.refs[logical]:
            raise StartFailed(f"the emulator calls the queue {url}, not {wiring.template.refs[logical]}")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)

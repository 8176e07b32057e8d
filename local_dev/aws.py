"""Creates the template's table and queues in the emulator, and tells the template what they are called there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

from local_dev.template import Template
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


def create_resources(template: Template, wiring: Wiring, environment: Mapping[str, str]) -> None:
    """Afterwards `!Ref` of a table is its name, of a queue its URL."""
    with ThreadPoolExecutor() as threads:
        tables = threads.submit(_create_tables, template, wiring, client("dynamodb", environment))
        queues = threads.submit(_create_queues, template, wiring, client("sqs", environment))
        tables.result()
        queues.result()


def _create_tables(template: Template, wiring: Wiring, dynamodb: Any) -> None:
    existing = dynamodb.list_tables()["TableNames"]
    for logical, properties in wiring.tables().items():
        name = properties.get("TableName", logical)
        if name not in existing:
            wanted = {key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
            dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **wanted)
        template.refs[logical] = name


def _create_queues(template: Template, wiring: Wiring, sqs: Any) -> None:
    """Dead-letter queues first: others name them."""
    waiting = wiring.queues()
    for logical, properties in sorted(waiting.items(), key=lambda pair: "RedrivePolicy" in pair[1]):
        suffix = ".fifo" if properties.get("FifoQueue") else ""
        name = properties.get("QueueName", logical + suffix)
        attributes = {key: _text(properties[key]) for key in _QUEUE_ATTRIBUTES if key in properties}
        if policy := properties.get("RedrivePolicy"):
            attributes["RedrivePolicy"] = json.dumps(_with_real_arn(template, policy))
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        template.refs[logical] = url
        template.attributes |= {f"{logical}.Arn": arn, f"{logical}.QueueName": name}


def _with_real_arn(template: Template, policy: Mapping[str, Any]) -> dict[str, Any]:
    """The policy was resolved before the dead-letter queue existed."""
    logical = str(policy["deadLetterTargetArn"]).rpartition(":")[2]
    arn = template.attributes.get(f"{logical}.Arn", policy["deadLetterTargetArn"])
    return {**policy, "deadLetterTargetArn": arn}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

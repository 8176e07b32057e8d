"""One row for each service that every step of a run calls, describing its JSON protocol.

A test compares each row with botocore's own description of the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Service:
    """One AWS service with a JSON protocol."""

    name: str
    """The service's name in the signature's scope."""
    target: str
    """The prefix of the header `X-Amz-Target`, which names the operation."""
    content_type: str
    """The media type of the requests."""
    operations: frozenset[str]
    """The operations that use this client."""
    tokens: Mapping[str, str] = field(default_factory=dict[str, str])
    """The parameter of an operation that needs a fresh UUID, so that a repeated request is carried out once."""
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    """Header fields of all of the service's requests."""


DYNAMODB = Service(
    name="dynamodb",
    target="DynamoDB_20120810",
    content_type="application/x-amz-json-1.0",
    operations=frozenset(
        {
            "BatchGetItem",
            "BatchWriteItem",
            "DeleteItem",
            "GetItem",
            "PutItem",
            "Query",
            "TransactWriteItems",
            "UpdateItem",
        }
    ),
    tokens={"TransactWriteItems": "ClientRequestToken"},
)
SQS = Service(
    name="sqs",
    target="AmazonSQS",
    content_type="application/x-amz-json-1.0",
    operations=frozenset(
        {
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "GetQueueAttributes",
            "ReceiveMessage",
            "SendMessage",
        }
    ),
    fields={"X-Amzn-Query-Mode": "true"},
)
SERVICES = {service.name: service for service in (DYNAMODB, SQS)}

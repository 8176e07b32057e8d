"""Requests and answers of SQS's JSON protocol: they are parsed and written here only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from local_dev.aws.sqs.queues import Queue, Received
from local_dev.http_server.answer import Answer

MOST_MESSAGES = 10
_JSON = "application/x-amz-json-1.0"

Request = Mapping[str, Any]


class QueueError(Exception):
    """`code` is the error's name in the protocol, `old` the name for clients of the older protocol."""

    def __init__(self, code: str, text: str, old: str = "") -> None:
        super().__init__(text)
        self.code, self.old = code, old or code


def parsed(body: bytes) -> Request:
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise QueueError("InvalidParameterValue", "The request is not a JSON object.")
    return request


def entries_of(request: Request) -> Sequence[Request]:
    entries = request.get("Entries")
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_MESSAGES:
        raise QueueError("EmptyBatchRequest", "A batch has between 1 and 10 entries.")
    return entries


def text_of(request: Request, name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise QueueError("MissingParameter", f"The request must contain the parameter {name}.")
    return value


def number_of(request: Request, name: str, default: int) -> int:
    value = request.get(name, default)
    if not isinstance(value, int) or value < 0:
        raise QueueError("InvalidParameterValue", f"The value for {name} is not valid.")
    return value


def shown(queue: Queue, message: Received) -> dict[str, Any]:
    attributes = {
        "ApproximateReceiveCount": str(message.receives),
        "ApproximateFirstReceiveTimestamp": str(message.first),
        "SentTimestamp": str(message.sent),
    }
    if queue.fifo:
        attributes |= {"MessageGroupId": message.family, "MessageDeduplicationId": message.deduplication}
        attributes |= {"SequenceNumber": f"{message.id:020d}"}
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": md5(message.body),
        "Attributes": attributes,
    }


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def success(told: Any) -> Answer:
    return Answer(200, json.dumps(told).encode(), [("content-type", _JSON)])


def failure(error: QueueError, status: int = 400) -> Answer:
    body = {"__type": f"com.amazonaws.sqs#{error.code}", "message": str(error)}
    headers = [("content-type", _JSON), ("x-amzn-query-error", f"{error.old};Sender")]
    return Answer(status, json.dumps(body).encode(), headers)

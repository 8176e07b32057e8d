"""Queue messages hold ids only. SQS keeps the order within a message group, which is a session."""

from __future__ import annotations

import hashlib
import logging
import re
import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from botocore.exceptions import ClientError
from pydantic import Field, TypeAdapter, ValidationError

from forge import aws
from forge.errors import StorageUnavailable
from forge.models.run import CommandMessage, RunMessage
from forge.models.work import Delivery, UnreadableDelivery
from forge.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

LONG_POLL_SECONDS = 20
BATCH_LIMIT = 10
"""Maximum messages of all kinds in one receive call."""

_BODY: TypeAdapter[RunMessage | CommandMessage] = TypeAdapter(
    Annotated[RunMessage | CommandMessage, Field(discriminator="type")]
)
_GROUP = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_COUNTS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
)
_GONE = frozenset(
    {"ReceiptHandleIsInvalid", "InvalidParameterValue", "AWS.SimpleQueueService.MessageNotInflight"}
)

logger = logging.getLogger(__name__)


class SqsRunQueue:
    """If `dead_letter_url` is empty, a dead-lettered message is only deleted."""

    def __init__(self, client: SQSClient, url: str, dead_letter_url: str = "") -> None:
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url

    def send(self, message: RunMessage | CommandMessage, *, resend: bool = False) -> None:
        self._send(self._url, message, resend=resend)

    def receive(self, most: int, wait_seconds: int) -> list[Delivery]:
        """Receive messages. A message that this version cannot read stays in the queue until SQS moves it to the
        dead-letter queue.
        """
        return [each for each in self.receive_all(most, wait_seconds) if isinstance(each, Delivery)]

    def receive_all(self, most: int, wait_seconds: int) -> list[Delivery | UnreadableDelivery]:
        """Receive messages of any form.

        A request attempt id makes a receive repeatable: if the AWS client repeats a call whose response was lost, it
        gets the same messages. Without one they would stay hidden until their visibility timeout ends.
        """
        with aws.unavailable("The queue"):
            answer: Any = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(most, BATCH_LIMIT),
                WaitTimeSeconds=min(wait_seconds, LONG_POLL_SECONDS),
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
                ReceiveRequestAttemptId=uuid.uuid4().hex,
            )
        return [_delivery(each) for each in answer.get("Messages", [])]

    def extend(self, receipt: str, seconds: int) -> None:
        with aws.unavailable("The queue"), _stale_receipt("extend"):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )

    def extend_all(self, receipts: Sequence[str], seconds: int) -> None:
        entries: Any = [
            {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
            for number, receipt in enumerate(receipts)
        ]
        with aws.unavailable("The queue"):
            answer: Any = self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
        codes = [failed.get("Code", "") for failed in answer.get("Failed", ())]
        if stale := sum(code in _GONE for code in codes):
            logger.warning("queue receipt is stale", extra={"operation": "extend_all", "count": stale})
        if stale < len(codes):
            raise StorageUnavailable(
                "The queue kept only some messages.", retry_after=aws.RETRY_AFTER_SECONDS
            )

    def count(self) -> int:
        with aws.unavailable("The queue"):
            answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=list(_COUNTS))
        return sum(int(answer["Attributes"][name]) for name in _COUNTS)

    def delete(self, receipt: str) -> None:
        with aws.unavailable("The queue"), _stale_receipt("delete"):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)

    def dead_letter(self, delivery: Delivery) -> None:
        if self._dead_letter_url:
            self._send(self._dead_letter_url, delivery.body, resend=False)
        self.delete(delivery.receipt)

    def _send(self, url: str, message: RunMessage | CommandMessage, *, resend: bool) -> None:
        with aws.unavailable("The queue"):
            self._client.send_message(
                QueueUrl=url,
                MessageBody=message.model_dump_json(),
                MessageGroupId=_group(message),
                MessageDeduplicationId=_deduplication(message, resend=resend),
            )


def open_queue(settings: Settings, client: SQSClient | None = None) -> SqsRunQueue:
    """The read timeout is longer than the longest long poll."""
    made: SQSClient = client or aws.client("sqs", read_timeout=LONG_POLL_SECONDS + 10)
    return SqsRunQueue(made, settings.forge_queue_url, settings.forge_dead_letter_url)


def _group(message: RunMessage | CommandMessage) -> str:
    """Messages of a session stay in order; commands need no order."""
    name = str(message.key) if isinstance(message, RunMessage) else f"command-{message.command_id}"
    return name if _GROUP.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()


def _deduplication(message: RunMessage | CommandMessage, *, resend: bool) -> str:
    """SQS drops a repeated deduplication id for 5 minutes, even of a deleted message, so a resend needs a new id."""
    name = (
        f"{message.run_id}-{message.attempt}"
        if isinstance(message, RunMessage)
        else f"command-{message.command_id}"
    )
    return f"{name}-{uuid.uuid4().hex}" if resend else name


def _delivery(message: Any) -> Delivery | UnreadableDelivery:
    size = len(message["Body"])
    try:
        body = _BODY.validate_json(message["Body"])
    except ValidationError:
        logger.warning("queue message is not readable", extra={"size": size})
        return UnreadableDelivery(message["MessageId"], message["ReceiptHandle"], size)
    receives = int(message.get("Attributes", {}).get("ApproximateReceiveCount", "1"))
    return Delivery(
        body=body,
        receipt=message["ReceiptHandle"],
        receives=receives,
        message_id=message["MessageId"],
    )


@contextmanager
def _stale_receipt(what: str) -> Generator[None]:
    """A message whose visibility timeout has ended is delivered again, and its run's lease decides what happens
    then.
    """
    try:
        yield
    except ClientError as error:
        if aws.code_of(error) not in _GONE:
            raise
        logger.warning("queue receipt is stale", extra={"operation": what})

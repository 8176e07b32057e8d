"""A stand-in for SQS: its JSON protocol over the local queues. A long poll returns as soon as a queue changes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.types import Receive, Scope, Send

from forge.ports.clock import Clock
from local_dev.aws.credential import Credential
from local_dev.aws.sqs.queue_messages import (
    MOST_MESSAGES,
    QueueError,
    Request,
    entries_of,
    failure,
    md5,
    number_of,
    parsed,
    shown,
    success,
    text_of,
)
from local_dev.aws.sqs.queues import Queue, Queues, ReceiptExpired, Received
from local_dev.http_server.answer import Answer
from local_dev.http_server.asgi import BodyTooLarge, read_body, respond

LARGEST_BODY = 2 * 1024 * 1024
LONGEST_POLL_SECONDS = 20.0
REPEAT_SECONDS = 300.0
"""How long a receive with the same attempt id returns the same messages, while they are still held."""
_TURNS_OF_A_RECEIVE = 3
"""Turns of the event loop until a waiting receive that was woken has written its answer."""
_WAITING = "AmazonSQS.ReceiveMessage"
"""The only operation that waits, so that its client may leave meanwhile."""


class QueueApi:
    """`known`: the queues. Only requests with the `credential` are answered."""

    def __init__(
        self,
        queues: Queues,
        known: Iterable[Queue],
        clock: Clock,
        credential: Credential,
    ) -> None:
        self._queues, self._clock, self._credential = queues, clock, credential
        self._known = {queue.name: queue for queue in known}
        self._changed = asyncio.Event()
        self._repeats: dict[str, tuple[float, list[Received]]] = {}
        self._operations: dict[str, Callable[[Request], Awaitable[Any]]] = {
            "ChangeMessageVisibility": self._change,
            "ChangeMessageVisibilityBatch": self._each(self._change),
            "DeleteMessage": self._delete,
            "GetQueueAttributes": self._attributes,
            "ReceiveMessage": self._receive,
            "SendMessage": self._send,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. This raises no error; every answer is one that a client can parse."""
        if reason := self._credential.refusal(scope["headers"]):
            await respond(scope, send, failure(QueueError("InvalidClientTokenId", reason), 403))
            return
        try:
            body = await read_body(receive, LARGEST_BODY)
        except BodyTooLarge:
            await respond(scope, send, failure(QueueError("RequestTooLarge", "The request is too large.")))
            return
        target = dict(scope["headers"]).get(b"x-amz-target", b"").decode(errors="replace")
        if target != _WAITING:
            await respond(scope, send, await self._answer(target, body))
            return
        working = asyncio.create_task(self._answer(target, body), name="long poll")
        leaving = asyncio.create_task(_until_left(receive), name="end of a long poll")
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not working.done():  # nobody would learn which messages were taken
            working.cancel()
            await asyncio.wait((working,))
            return
        await respond(scope, send, working.result())

    async def _answer(self, target: str, body: bytes) -> Answer:
        try:
            operation = self._operations.get(target.removeprefix("AmazonSQS."))
            if operation is None:
                raise QueueError(
                    "UnsupportedOperation", f"The local queue does not offer {target or 'that'}."
                )
            return success(await operation(parsed(body)))
        except QueueError as error:
            return failure(error)

    async def _send(self, request: Request) -> Any:
        queue, body = self._queue(request), text_of(request, "MessageBody")
        group, deduplication = request.get("MessageGroupId", ""), request.get("MessageDeduplicationId", "")
        if queue.fifo and not group:
            raise QueueError("MissingParameter", "The request must contain the parameter MessageGroupId.")
        if queue.fifo and not deduplication:
            if not queue.by_content:
                raise QueueError("InvalidParameterValue", "The queue needs a MessageDeduplicationId.")
            deduplication = hashlib.sha256(body.encode()).hexdigest()
        message_id, sequence = self._queues.send(queue, body, group, deduplication if queue.fifo else "")
        self._wake()
        await _receivers_first()
        number = {"SequenceNumber": f"{sequence:020d}"} if queue.fifo else {}
        return {"MessageId": message_id, "MD5OfMessageBody": md5(body), **number}

    async def _receive(self, request: Request) -> Any:
        queue = self._queue(request)
        most = min(number_of(request, "MaxNumberOfMessages", 1), MOST_MESSAGES)
        hidden = number_of(request, "VisibilityTimeout", 0) * 1000 if "VisibilityTimeout" in request else None
        wait = min(number_of(request, "WaitTimeSeconds", 0), LONGEST_POLL_SECONDS)
        attempt = request.get("ReceiveRequestAttemptId", "")
        messages = self._repeated(queue, attempt) or await self._poll(queue, most, hidden, wait)
        if attempt and messages:
            self._repeats[attempt] = (time.monotonic() + REPEAT_SECONDS, messages)
        return {"Messages": [shown(queue, each) for each in messages]} if messages else {}

    async def _poll(self, queue: Queue, most: int, hidden: int | None, wait: float) -> list[Received]:
        deadline = time.monotonic() + wait
        while not (messages := self._queues.receive(queue, most, hidden)):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            changed, again = self._changed, self._queues.next_change(queue)
            seconds = left if again is None else min(left, max(again - self._clock(), 0) / 1000 + 0.005)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await changed.wait()
        return messages

    def _repeated(self, queue: Queue, attempt: str) -> list[Received]:
        """Return the messages of a receive whose answer was lost, if that receive still holds all of them."""
        now = time.monotonic()
        self._repeats = {name: kept for name, kept in self._repeats.items() if kept[0] > now}
        _, messages = self._repeats.get(attempt, (0, []))
        return messages if all(self._queues.holds(queue, each.receipt) for each in messages) else []

    async def _delete(self, request: Request) -> Any:
        with _receipts():
            self._queues.delete(self._queue(request), text_of(request, "ReceiptHandle"))
        self._wake()
        return {}

    async def _change(self, request: Request) -> Any:
        seconds = number_of(request, "VisibilityTimeout", 0)
        with _receipts():
            self._queues.extend(self._queue(request), text_of(request, "ReceiptHandle"), seconds * 1000)
        self._wake()
        return {}

    async def _attributes(self, request: Request) -> Any:
        queue = self._queue(request)
        waiting, held = self._queues.counts(queue)
        attributes = {
            "ApproximateNumberOfMessages": waiting,
            "ApproximateNumberOfMessagesNotVisible": held,
            "VisibilityTimeout": queue.visibility // 1000,
            "MessageRetentionPeriod": queue.retention // 1000,
            **({"FifoQueue": "true"} if queue.fifo else {}),
        }
        wanted = set(request.get("AttributeNames", []))
        chosen = (
            attributes if "All" in wanted else {key: attributes[key] for key in attributes if key in wanted}
        )
        return {"Attributes": {key: str(value) for key, value in chosen.items()}}

    def _each(self, operation: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Any]]:
        """Carry out a batch, in which each entry succeeds or fails separately."""

        async def batch(request: Request) -> Any:
            done: list[Any] = []
            failed: list[Any] = []
            for entry in entries_of(request):
                try:
                    told = await operation({**entry, "QueueUrl": request.get("QueueUrl")})
                    done.append({"Id": entry.get("Id"), **told})
                except QueueError as error:
                    told = {"Code": error.old, "Message": str(error), "SenderFault": True}
                    failed.append({"Id": entry.get("Id"), **told})
            return {"Successful": done, "Failed": failed}

        return batch

    def _queue(self, request: Request) -> Queue:
        if queue := self._known.get(text_of(request, "QueueUrl").rpartition("/")[2]):
            return queue
        old = "AWS.SimpleQueueService.NonExistentQueue"
        raise QueueError("QueueDoesNotExist", "The specified queue does not exist.", old)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


@contextlib.contextmanager
def _receipts() -> Any:
    try:
        yield
    except ReceiptExpired:
        raise QueueError("ReceiptHandleIsInvalid", "The receipt handle has expired.") from None


async def _receivers_first() -> None:
    """Let a waiting receive answer before the send does: a person waits for the worker that gets the message, and the
    function that sent it uses this interpreter again as soon as it has its answer.
    """
    for _ in range(_TURNS_OF_A_RECEIVE):
        await asyncio.sleep(0)


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

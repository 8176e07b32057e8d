"""The LLM messages of long conversations, decoded once for all runs that get them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from pydantic_ai.messages import ModelMessage

from worker.agent.messages.message_codec import load_message

BYTES_LIMIT = 2_000_000
"""The stored size of all messages that are kept. Decoded, with their entries, they take about three times as much."""
LONG = 100
"""Number of entries from which on a history is worth keeping; a shorter one is decoded in less than a millisecond."""


class DecodedMessages:
    """A stored entry never changes, so its bytes are the name of its message, and what is kept cannot be out of date.

    Several runs get the same objects, so nothing may change them.
    """

    def __init__(self, bytes_limit: int = BYTES_LIMIT) -> None:
        self._limit = bytes_limit
        self._bytes = 0
        self._messages: OrderedDict[bytes, ModelMessage] = OrderedDict()

    def of(self, entries: Sequence[bytes]) -> list[ModelMessage | None]:
        """Return the message of each entry; None for one that cannot be read."""
        if len(entries) < LONG:
            return [load_message(entry) for entry in entries]
        return [self._one(entry) for entry in entries]

    def _one(self, entry: bytes) -> ModelMessage | None:
        if known := self._messages.get(entry):
            self._messages.move_to_end(entry)
            return known
        message = load_message(entry)
        if message is not None:
            self._keep(entry, message)
        return message

    def _keep(self, entry: bytes, message: ModelMessage) -> None:
        self._messages[entry] = message
        self._bytes += len(entry)
        while self._bytes > self._limit:
            oldest, _ = self._messages.popitem(last=False)
            self._bytes -= len(oldest)

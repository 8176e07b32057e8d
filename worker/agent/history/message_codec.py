"""One LLM message as an entry of the stored history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_ai.messages import ModelMessage, ModelResponse

from worker.agent.history.wellformed import well_formed_json

_MESSAGE: TypeAdapter[ModelMessage] = TypeAdapter(ModelMessage)


def loaded(entry: bytes) -> ModelMessage | None:
    """None for what another version of the library wrote and this one cannot read."""
    try:
        return _MESSAGE.validate_json(entry)
    except ValidationError:
        return None


def dumped(message: ModelMessage) -> bytes:
    try:
        return _MESSAGE.dump_json(message)
    except ValueError:  # a lone surrogate
        return json.dumps(well_formed_json(_plain(message))).encode()


def _plain(message: ModelMessage) -> Any:
    return _MESSAGE.dump_python(message, mode="json")


_TOLD = "unreadable_told"


def mark_told(response: ModelResponse, unreadable: int) -> None:
    """Say in the stored history that the person knows of so many entries that cannot be read."""
    response.metadata = {**(response.metadata or {}), _TOLD: unreadable}


def newly_unreadable(entries: Sequence[bytes], messages: Sequence[ModelMessage]) -> int:
    """How many of `entries`, of which `messages` could be read, are lost, if that is more than the person knows of."""
    lost = len(entries) - len(messages)
    told = [(message.metadata or {}).get(_TOLD) for message in messages]
    return lost if lost > max((count for count in told if isinstance(count, int)), default=0) else 0


class Sizes:
    """How long messages are as stored, in bytes: known from their entries, else found out once for each."""

    def __init__(self) -> None:
        # The message is kept beside its size, for as long as which nothing else can have its id.
        self._known: dict[int, tuple[ModelMessage, int]] = {}

    def note(self, message: ModelMessage, size: int) -> int:
        self._known[id(message)] = message, size
        return size

    def of(self, message: ModelMessage) -> int:
        known = self._known.get(id(message))
        return known[1] if known else self.note(message, len(dumped(message)))

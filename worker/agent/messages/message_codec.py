"""One LLM message as an entry of the stored history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_ai.messages import ModelMessage, ModelResponse

from worker.agent.messages.storable_text import well_formed_json

_MESSAGE: TypeAdapter[ModelMessage] = TypeAdapter(ModelMessage)


def load_message(entry: bytes) -> ModelMessage | None:
    """Return None for a message that another version of the library wrote and this version cannot read."""
    try:
        return _MESSAGE.validate_json(entry)
    except ValidationError:
        return None


def dump_message(message: ModelMessage) -> bytes:
    try:
        return _MESSAGE.dump_json(message)
    except ValueError:  # the text holds a lone surrogate
        return json.dumps(well_formed_json(_plain(message))).encode()


def _plain(message: ModelMessage) -> Any:
    return _MESSAGE.dump_python(message, mode="json")


_TOLD = "unreadable_told"


def mark_told(response: ModelResponse, unreadable: int) -> None:
    """Record in the stored history that the person has been told of this many entries that cannot be read."""
    response.metadata = {**(response.metadata or {}), _TOLD: unreadable}


def newly_unreadable(entries: Sequence[bytes], messages: Sequence[ModelMessage]) -> int:
    """Return how many of `entries` are lost, given the readable `messages`, if that is more than the person has
    been told of.
    """
    lost = len(entries) - len(messages)
    told = [(message.metadata or {}).get(_TOLD) for message in messages]
    return lost if lost > max((count for count in told if isinstance(count, int)), default=0) else 0

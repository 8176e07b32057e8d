"""Every address that a conversation names, as far as the store keeps it: a new request is compared with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel
from pydantic_ai.messages import ModelMessage, TextPart, ToolCallPart, ToolReturnPart, UserPromptPart

from forge.models.approval import Approval
from forge.models.message import Message
from worker.agent.wallet.review.warnings.look_alikes import addresses_in


def of_history(messages: Sequence[ModelMessage]) -> list[str]:
    """The LLM's history has the results of tools as a whole, where the log that people read has their beginnings."""
    return addresses_in(text for message in messages for part in message.parts for text in _said(part))


def of_log(messages: Iterable[Message], approval: Approval) -> list[str]:
    """Return those of the messages, and those with which `approval` was compared when it was made."""
    compared = [warning.text for warning in approval.review.warnings if warning.code == "look_alike"]
    said = (text for message in messages for text in _message(message))
    return addresses_in([*said, *compared])


def _said(part: object) -> Iterator[str]:
    match part:
        case UserPromptPart() | TextPart() | ToolReturnPart():
            yield from _texts(part.content)
        case ToolCallPart():
            yield from _texts(part.args)
        case _:
            pass


def _message(message: Message) -> Iterator[str]:
    yield message.content
    if message.tool:
        yield from _texts(message.tool.arguments)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for each in cast("Mapping[Any, Any]", value).items():
                yield from _texts(each)
        case BaseModel():
            yield from _texts(value.model_dump())
        case list() | tuple():
            for each in cast("Sequence[Any]", value):
                yield from _texts(each)
        case _:
            pass

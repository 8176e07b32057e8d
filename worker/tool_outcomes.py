"""How a tool call can end, and who is told what about it.

The kind is a type that travels with the error. No code reads the texts: the LLM gets what is known and advice for its
next call, and a person gets what is known.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, get_args

from fastmcp.exceptions import ToolError
from mcp_types import ContentBlock, EmbeddedResource, TextContent, TextResourceContents

from forge.errors import LeaseLost
from forge.models.work import EndedKind

_OURS = "forge/"
OUTCOME_META = f"{_OURS}outcome"
"""The field of an MCP result's `_meta` in which our servers say how a call ended."""

SHOWN_META = f"{_OURS}shown"
"""The field next to it with the text for a person, if the result's content contains advice for an LLM."""

UNKNOWN_SIGN = "OUTCOME UNKNOWN"
"""The words for an unknown outcome, for people and the LLM. No code decides by them."""

LOOK_FIRST = "Verify the state with a read-only tool before you repeat it; if you cannot, ask the user."
VERIFY = f"It may or may not have taken effect. {LOOK_FIRST}"
PERSON_LOOKS_FIRST = "It may or may not have taken effect: check before it is repeated."
WRONG_ARGUMENTS = "Nothing was done: it was called with arguments that it does not take."


def unknown_text(reason: str, advice: str = VERIFY) -> str:
    """`reason` is a clause without its full stop."""
    return f"{UNKNOWN_SIGN}: {reason}. {advice}"


class ToolEnded(ToolError):
    """A tool call ended without a result.

    The message is for the LLM. `shown` is for a person and names neither tools nor their parameters.
    """

    kind: EndedKind
    """What is known of the call's effect."""

    def __init__(self, message: str, kind: EndedKind, shown: str | None = None) -> None:
        super().__init__(message, log_level=logging.DEBUG)
        self.kind = kind
        self.shown = message if shown is None else shown


class ToolRefused(ToolEnded):
    """Nothing was done, by definition. `advice` tells the LLM how to correct the call."""

    KIND: ClassVar[EndedKind] = "refused"
    """The kind of every refusal."""

    def __init__(self, shown: str, advice: str = "") -> None:
        super().__init__(f"{shown} {advice}".rstrip(), self.KIND, shown)

    def within(self, words: str) -> ToolRefused:
        """Return the same refusal, preceded by what was not done because of it."""
        refused = ToolRefused(f"{words}: {self}")
        refused.shown = f"{words}: {self.shown}"
        return refused


class CallFailed(ToolEnded):
    """The tool itself answered that it did not do what was asked. It may have done a part of it."""

    KIND: ClassVar[EndedKind] = "failed"
    """The kind of every call that failed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, self.KIND)


class OutcomeUnknown(ToolEnded):
    """The call was started and no usable answer came back: it may or may not have taken effect."""

    KIND: ClassVar[EndedKind] = "unknown"
    """The kind of every call whose effect is unknown."""

    def __init__(self, reason: str, advice: str = VERIFY) -> None:
        known = reason.rstrip(".")
        super().__init__(unknown_text(known, advice), self.KIND, unknown_text(known, PERSON_LOOKS_FIRST))


_facts: ContextVar[list[str] | None] = ContextVar("facts of the tool call", default=None)


@contextmanager
def noting() -> Generator[list[str]]:
    """Collects the facts that a tool notes about its call, so that they are known even if the call is cut off.

    The outermost collector gets them: the agent's ledger, or the server if another client calls it.
    """
    outer = _facts.get()
    facts: list[str] = [] if outer is None else outer
    token = _facts.set(facts)
    try:
        yield facts
    finally:
        _facts.reset(token)


def note(fact: str) -> None:
    """Note a fact that must be kept whatever happens to the call, such as the hash of a transaction that was sent."""
    if (facts := _facts.get()) is not None:
        facts.append(fact)


def lost(facts: Sequence[str] = ()) -> OutcomeUnknown:
    """Return the end of a call whose result is not known."""
    return OutcomeUnknown(_with(facts, "this call was started but its result was lost"))


def _with(facts: Sequence[str], reason: str) -> str:
    return "; ".join([reason, *facts])


def broke_off(error: BaseException) -> bool:
    """Return whether the exception is the tool's own end. False for exceptions that end the caller: a cancellation, a
    lost lease.

    A tool may raise `CancelledError` itself or get it from something that it waits for. In that case nobody has asked
    this task to end.
    """
    if isinstance(error, (LeaseLost, GeneratorExit)):
        return False
    task = asyncio.current_task()
    return not isinstance(error, asyncio.CancelledError) or not (task and task.cancelling())


def ended(error: BaseException, *, repeatable: bool) -> ToolEnded:
    """Return the tool's exception with its kind. An unexpected exception is `unknown` if the tool may have had an
    effect.
    """
    if isinstance(error, ToolEnded):
        return error
    words = _words(error)
    if repeatable:
        return CallFailed(words)
    return OutcomeUnknown(
        _with(_facts.get() or (), f"the call did not end as it should: {words.rstrip('.')}")
    )


def _words(error: BaseException) -> str:
    """Return the message of a tool's own error, and only the class of any other error, because FastMCP's masked
    text would suggest to repeat the call.
    """
    if isinstance(error, ToolError) and error.__cause__ is None:
        return str(error) or "the tool gave no reason"
    return f"the tool broke off ({type(error.__cause__ or error).__name__})"


def error_text(content: Sequence[ContentBlock]) -> str:
    """Return the texts of an error result, joined."""
    texts = [text for text in map(_text_of, content) if text.strip()]
    return "\n".join(texts) or "The tool reported an error without words."


def _text_of(part: ContentBlock) -> str:
    if isinstance(part, EmbeddedResource) and isinstance(part.resource, TextResourceContents):
        return part.resource.text
    return part.text if isinstance(part, TextContent) else ""


def outcome_meta(error: ToolEnded) -> dict[str, Any]:
    return {OUTCOME_META: error.kind, SHOWN_META: error.shown}


def ended_as(kind: EndedKind, content: Sequence[ContentBlock], meta: dict[str, Any] | None) -> ToolEnded:
    """Return the error from which one of our servers made this result."""
    shown = (meta or {}).get(SHOWN_META)
    return ToolEnded(error_text(content), kind, shown if isinstance(shown, str) else None)


def without_ours(meta: dict[str, Any] | None) -> dict[str, Any] | None:
    """Remove what only our own servers may say from the `_meta` of a third-party server's result."""
    return {key: value for key, value in meta.items() if not key.startswith(_OURS)} if meta else meta


def carried(meta: dict[str, Any] | None) -> EndedKind | None:
    """Return the kind in a result's `_meta`; None if it has none that this version understands."""
    kind = (meta or {}).get(OUTCOME_META)
    return kind if kind in get_args(EndedKind) else None

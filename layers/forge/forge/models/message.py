"""A message of the conversation. A finished message never changes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from forge.models.wallet_receipt import WalletReceipt

Sender = Literal["user", "agent", "system"]
MessageKind = Literal["text", "tool_call", "tool_result", "notice"]
INTERRUPTED = "Interrupted by user"
"""The notice in a conversation whose run was interrupted, whoever ends the run."""
RunEnd = Literal["failed", "interrupted"]
"""The outcome of a run that did not do what it was asked for; a notice tells the person."""
AnswerEnd = Literal["cut_off", "filtered", "refused", "failed", "empty"]
"""The reason for which an LLM's answer did not end normally: a limit or a lost connection, the provider's filter, the
LLM's refusal, an error, or an empty answer.
"""
ToolOutcome = Literal["success", "refused", "failed", "unknown"]
"""`refused`: nothing was done. `failed`: the action was not done, or only a part of it. `unknown`: it may have been
done.
"""

TOOL_DISPLAY_LIMIT = 4_096
"""Maximum characters of a tool's arguments or result that are kept for display; the LLM gets the whole text."""


class ToolDisplay(BaseModel):
    """What a person sees of a tool call, in the message of the call and in that of its result."""

    model_config = ConfigDict(frozen=True)

    call_id: str
    """The id that the call and its result share."""
    name: str
    """The tool's name."""
    arguments: dict[str, Any] | None = None
    """The arguments of the call; null in the message of the result."""
    outcome: ToolOutcome | None = None
    """The outcome of the call; null in the message of the call."""
    truncated: bool = False
    """True if the arguments or the result are longer than what is kept for display."""


class Draft(BaseModel):
    """A message that does not have a sequence number yet."""

    model_config = ConfigDict(frozen=True)

    sender: Sender
    """The author of the message."""
    kind: MessageKind = "text"
    """What the message is: text, a tool call, a tool's result, or a notice."""
    content: str
    """The text of the message."""
    created_at: int
    """The time at which the message was created, in epoch milliseconds."""
    run_id: str | None = None
    """The run to which the message belongs."""
    tool: ToolDisplay | None = None
    """The tool call that the message shows."""
    receipt: WalletReceipt | None = None
    """What became of a wallet request, if the message reports that."""
    run_end: RunEnd | None = None
    """How the run ended, if the message is the notice of its end."""
    answer_end: AnswerEnd | None = None
    """How the LLM's answer ended, if the message is the notice of an answer that did not end normally."""

    def at(self, seq: int) -> Message:
        return Message(seq=seq, **dict(self))


class Message(Draft):
    """A finished message of the log."""

    seq: int
    """The message's number, counted 0, 1, 2 … without a gap within a generation."""


def cut(text: str, limit: int = TOOL_DISPLAY_LIMIT) -> tuple[str, bool]:
    """Return the first `limit` characters of `text`, and whether any were left out. The cut never splits a
    character.
    """
    return (text, False) if len(text) <= limit else (text[:limit], True)

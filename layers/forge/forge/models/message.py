"""A message of the conversation: once it has ended it never changes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from forge.models.receipt import WalletReceipt

Sender = Literal["user", "agent", "system"]
MessageKind = Literal["text", "tool_call", "tool_result", "notice"]
RunEnd = Literal["failed", "interrupted"]
"""How a run ended that did not do what it was asked for; a notice says so to the person."""
AnswerEnd = Literal["cut_off", "filtered", "refused", "failed", "empty"]
"""How an LLM's answer ended that did not end well: at a limit or with its connection, by the provider's filter, by the
LLM itself, by an error, or with nothing in it."""
ToolOutcome = Literal["success", "refused", "failed", "unknown"]
"""`refused`: nothing was done. `failed`: it was not done, or only a part of it. `unknown`: it may have been done."""

TOOL_DISPLAY_LIMIT = 4_096
"""Characters of a tool's arguments or result that are kept for display; the LLM gets the whole."""


class ToolDisplay(BaseModel):
    """What a person sees of a tool call: with the call, and with its result."""

    model_config = ConfigDict(frozen=True)

    call_id: str
    """The id that the call and its result share."""
    name: str
    """The tool's name."""
    arguments: dict[str, Any] | None = None
    """What the tool was called with; null with its result."""
    outcome: ToolOutcome | None = None
    """How the call ended; null with the call itself."""
    truncated: bool = False
    """Arguments or result are longer than what is kept for display."""


class Draft(BaseModel):
    """A message before the log has given it its sequence number. `created_at`: epoch milliseconds.

    `receipt`: the message tells what became of a wallet request.
    `run_end`: with the notice that ends a run, how that run ended.
    `answer_end`: with the notice about an answer that did not end well, how that answer ended.
    """

    model_config = ConfigDict(frozen=True)

    sender: Sender
    kind: MessageKind = "text"
    content: str
    created_at: int
    run_id: str | None = None
    tool: ToolDisplay | None = None
    receipt: WalletReceipt | None = None
    run_end: RunEnd | None = None
    answer_end: AnswerEnd | None = None

    def at(self, seq: int) -> Message:
        return Message(seq=seq, **dict(self))


class Message(Draft):
    """A finished message of the log; `seq` counts 0, 1, 2 … without a gap within a generation."""

    seq: int


def cut(text: str, limit: int = TOOL_DISPLAY_LIMIT) -> tuple[str, bool]:
    """The first `limit` characters of `text` and whether any were left out. Cuts between characters, never in one."""
    return (text, False) if len(text) <= limit else (text[:limit], True)

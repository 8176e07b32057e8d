"""The answers of the HTTP API other than the state, and the results that `ForgeClient` makes from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from forge_client.conversation import Conversation
from forge_client.frames import Approval, Hot, Message, Outcome, State


class SessionSummary(BaseModel):
    """One of the caller's own sessions; times are RFC 3339."""

    model_config = ConfigDict(frozen=True)

    session_id: str
    title: str | None
    network: str
    is_processing: bool
    message_count: int
    approvals: int = 0
    created_at: str
    last_activity_at: str
    expires_at: str


class SessionList(BaseModel):
    """`next`: the argument that requests the next page; None on the last page."""

    sessions: list[SessionSummary]
    next: str | None = None


class Deleted(BaseModel):
    """How much of each kind the deletion of an account has deleted."""

    model_config = ConfigDict(frozen=True)

    sessions: int = 0
    messages: int = 0
    memory_entries: int = 0
    wallet_requests: int = 0
    runs: int = 0


class Kept(BaseModel):
    """A kind of data that stays. `seconds`: the longest time that it stays; None if this server does not decide
    that.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    seconds: int | None
    why: str


class Receipt(BaseModel):
    """What the deletion of an account has deleted so far, and what stays; times are RFC 3339."""

    model_config = ConfigDict(frozen=True)

    is_complete: bool
    deleted: Deleted
    kept: list[Kept]
    started_at: str
    finished_at: str | None


class CommandResult(BaseModel):
    model_config = ConfigDict(frozen=True)

    success: bool
    message: str
    data: Any = None


class Ticket(BaseModel):
    """`opens_for`: seconds until the opened connection ends with its token; None: no end."""

    ticket: str
    opens_for: int | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server has stored the message; `run_id` is the run that will answer it."""

    run_id: str
    state: State


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended. `answer`: the agent's last text, empty if there is none; `messages`: all messages of
    the run.
    """

    run_id: str
    outcome: Outcome
    answer: str
    messages: list[Message]
    approvals: list[Approval]

    @property
    def notice(self) -> str:
        """The texts that the server shows about a run without an answer."""
        notices = [message.content for message in self.messages if message.kind == "notice"]
        return notices[-1] if notices else f"The run ended: {self.outcome}."


def accepted_run(state: State, text: str) -> str:
    """Return the run of the message just accepted, for a server that does not name it: the last run of the same
    text.
    """
    named = [message.run_id for message in state.messages if message.run_id and message.content == text]
    if named:
        return named[-1]
    if state.queued:
        return state.queued[-1].run_id
    return state.active_run.run_id if state.active_run else ""


def ended_run(conversation: Conversation, run_id: str) -> Ended | None:
    """Return the run's end once it has ended and all of its messages have arrived; else None."""
    hot = conversation.hot
    if hot is None or any(waiting.run_id == run_id for waiting in hot.queued):
        return None
    if hot.active_run and hot.active_run.run_id == run_id:
        return None
    messages = conversation.of_run(run_id)
    if not _all_here(conversation, hot, messages, is_told=run_id in hot.outcomes):
        return None
    texts = [message.content for message in messages if (message.sender, message.kind) == ("agent", "text")]
    outcome = hot.outcomes.get(run_id) or _inferred_outcome(messages, hot.approvals)
    return Ended(run_id, outcome, texts[-1] if texts else "", messages, list(hot.approvals))


def _all_here(conversation: Conversation, hot: Hot, messages: list[Message], *, is_told: bool) -> bool:
    """Whether no message is missing from the run's input on. A withdrawn run may have left no input, only its
    outcome.
    """
    if messages and messages[0].kind == "text" and messages[0].sender != "agent":
        known = (conversation.finished.get(seq) for seq in range(messages[0].seq or 0, hot.message_count))
        return all(message is not None and message.is_whole for message in known)
    return is_told and conversation.whole >= hot.message_count


def _inferred_outcome(messages: list[Message], approvals: list[Approval]) -> Outcome:
    last = messages[-1]
    if last.kind == "notice":
        return "interrupted" if last.content.startswith("Interrupted by user") else "failed"
    if last.sender == "agent":
        return "completed"
    return "waiting" if approvals else "failed"

"""The answers of the HTTP API other than the state, and the results that `ForgeClient` makes from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from forge_client.conversation import Conversation
from forge_client.frames import Hot, Message, Outcome, State
from forge_client.wallet_requests import Approval


class SessionSummary(BaseModel):
    """One of the caller's own sessions, in a list."""

    model_config = ConfigDict(frozen=True)

    session_id: str
    """The session's id."""
    title: str | None
    """The session's title; None until the session has a message."""
    network: str
    """The name of the network that the session's chain tools use."""
    is_processing: bool
    """True while a run is in progress or queued."""
    message_count: int
    """The number of finished messages."""
    approvals: int = 0
    """The number of requests that wait for the person."""
    created_at: str
    """The time at which the session began, RFC 3339."""
    last_activity_at: str
    """The time of the session's last activity, RFC 3339."""
    expires_at: str
    """The time at which the session expires without further activity, RFC 3339."""


class SessionList(BaseModel):
    """A page of the caller's sessions."""

    sessions: list[SessionSummary]
    """The sessions of this page, newest first."""
    next: str | None = None
    """The argument that requests the next page; None on the last page."""


class Deleted(BaseModel):
    """How much of each kind the deletion of an account has deleted."""

    model_config = ConfigDict(frozen=True)

    sessions: int = 0
    """The number of sessions."""
    messages: int = 0
    """The number of messages of all sessions."""
    memory_entries: int = 0
    """The number of entries of the LLM history."""
    wallet_requests: int = 0
    """The number of pending wallet requests."""
    runs: int = 0
    """The number of runs that were in progress or queued."""


class Kept(BaseModel):
    """A kind of data that remains after a deletion."""

    model_config = ConfigDict(frozen=True)

    kind: str
    """The kind of data, such as `backups` or `logs`."""
    seconds: int | None
    """The longest time that the data stays; None if this server does not decide that."""
    why: str
    """The reason for which the data stays, in one sentence."""


class Receipt(BaseModel):
    """The state of the deletion of an account or of one session, and what remains after it."""

    model_config = ConfigDict(frozen=True)

    is_complete: bool
    """False if the time did not suffice to delete everything: the same request, with the same key, continues."""
    deleted: Deleted
    """What has been deleted so far."""
    kept: list[Kept]
    """The data that remains after the deletion, with the reason for each kind."""
    started_at: str
    """The time at which the deletion began, RFC 3339."""
    finished_at: str | None
    """The time at which the deletion was complete, RFC 3339; None before that."""


class CommandResult(BaseModel):
    """The answer to a command that a worker has run."""

    model_config = ConfigDict(frozen=True)

    success: bool
    """True if the command succeeded."""
    message: str
    """The result in words for a person."""
    data: Any = None
    """The data that the command returned, if any."""


class Ticket(BaseModel):
    """A single-use ticket for opening a WebSocket or an event stream."""

    ticket: str
    """The ticket, which is valid for one use."""
    opens_for: int | None = None
    """The number of seconds after which the opened connection ends unless it is renewed; None: no end."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that the server has stored."""

    run_id: str
    """The run that will answer the message."""
    state: State
    """The session's state in the server's answer."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended."""

    run_id: str
    """The run's id."""
    outcome: Outcome
    """How the run ended; `waiting` means that it waits for the person's wallet or decision."""
    answer: str
    """The agent's last text; empty if there is none."""
    messages: list[Message]
    """All messages of the run, its input first."""
    approvals: list[Approval]
    """The session's wallet requests that wait for the person."""

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
        return last.run_end or "failed"
    if last.sender == "agent":
        return "completed"
    return "waiting" if approvals else "failed"

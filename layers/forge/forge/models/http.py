"""Answers of the HTTP API (section 9 of the protocol; older clients depend on it to the letter)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from forge.models.account import Deleted, Kept
from forge.models.views import Hot, PublicMessage


class State(Hot):
    """The complete public state."""

    first_seq: int = 0
    """The number of the first message that is included; `?before=` with this number returns earlier messages."""
    messages: list[PublicMessage]
    """The messages in the order in which a person reads them; at most the newest 500, and at most 1 MB."""


class SessionSummary(BaseModel):
    """One of the caller's own sessions, in a list."""

    session_id: str
    """The session's id."""
    title: str | None
    """The session's title."""
    network: str
    """The network that the session's chain tools use."""
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
    """The caller's own sessions, newest first; sessions of others and sessions that have ended are left out."""
    next: str | None = None
    """The value of `?after=` that requests the next page; null on the last page."""


class Receipt(BaseModel):
    """The state of a deletion of an account or of one session, and what remains after it."""

    is_complete: bool
    """False if the time did not suffice to delete everything: the same request, with the same key, continues."""
    deleted: Deleted
    """What has been deleted so far."""
    kept: list[Kept]
    """The data that remains after the deletion, with the reason for each kind."""
    started_at: str
    """The time at which the deletion began, RFC 3339."""
    finished_at: str | None
    """The time at which the deletion was complete, RFC 3339."""


class Ticket(BaseModel):
    """A single-use ticket for opening a WebSocket or an event stream."""

    ticket: str
    """The ticket, which is valid for one use as `?ticket=`."""
    expires_in: int
    """The number of seconds within which the ticket must be used."""
    opens_for: int | None = None
    """The number of seconds from now after which the opened connection ends unless it is renewed; null: no end."""


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str = "about:blank"
    """The type of problem, a URI."""
    title: str
    """The status in words."""
    status: int
    """The HTTP status."""
    detail: str
    """The problem in words for a person."""
    errors: list[dict[str, Any]] | None = None
    """The invalid fields, each with its problem."""

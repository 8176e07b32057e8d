"""Answers of the HTTP API (section 9 of the protocol; older clients depend on it to the letter)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from forge.models.account import Deleted, Kept
from forge.models.views import Hot, PublicMessage


class State(Hot):
    """The whole public state."""

    first_seq: int = 0
    """The number of the first message that is not left out; `?before=` it shows those before."""
    messages: list[PublicMessage]
    """In the order a person reads them; at most the newest 500, and at most 1 MB."""


class SessionSummary(BaseModel):
    """One of the caller's own sessions, for a list."""

    session_id: str
    """The session's id."""
    title: str | None
    """What it is called."""
    network: str
    """The network that its chain tools use."""
    is_processing: bool
    """A run is in progress or queued."""
    message_count: int
    """Messages that have ended."""
    approvals: int = 0
    """How many requests wait for the person."""
    created_at: str
    """When it began, RFC 3339."""
    last_activity_at: str
    """When something last happened in it, RFC 3339."""
    expires_at: str
    """When it ends unless something happens, RFC 3339."""


class SessionList(BaseModel):
    """Sessions of the caller."""

    sessions: list[SessionSummary]
    """The caller's own, newest first; others' and ended ones are left out."""
    next: str | None = None
    """What `?after=` of the next page is; null when this is all."""


class Receipt(BaseModel):
    """What the deletion of an account, or of one session, has deleted so far, and what it leaves."""

    is_complete: bool
    """False when there was not time for all of it: the same request, with the same key, goes on."""
    deleted: Deleted
    """What has been deleted so far."""
    kept: list[Kept]
    """What the deletion leaves, and why."""
    started_at: str
    """When the deletion began, RFC 3339."""
    finished_at: str | None
    """When it was complete, RFC 3339."""


class Ticket(BaseModel):
    """A single-use ticket for opening a WebSocket or an event stream."""

    ticket: str
    """For `?ticket=`, once."""
    expires_in: int
    """For how many seconds it can be used."""
    opens_for: int | None = None
    """For how many seconds from now what it opens stays open, unless it is renewed; null when without an end."""


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str = "about:blank"
    """The kind of problem, a URI."""
    title: str
    """The status in words."""
    status: int
    """The HTTP status."""
    detail: str
    """What was wrong, for a person."""
    errors: list[dict[str, Any]] | None = None
    """The fields that are wrong, each with its problem."""

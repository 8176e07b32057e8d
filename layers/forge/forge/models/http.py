"""Request and response bodies of the HTTP API (section 9 of the protocol; older clients depend on it)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from forge.models import patterns
from forge.models.account import Deleted, Kept
from forge.models.approval import Address, ApprovalReply, ClaimId
from forge.models.ids import ApprovalId, RunId, SessionId
from forge.models.lines import fit, one_line
from forge.models.run import IfBusy
from forge.models.session import MESSAGE_BYTES_LIMIT, TITLE_LIMIT
from forge.models.views import Hot, PublicMessage


def _fits(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    if (size := len(text.encode())) > MESSAGE_BYTES_LIMIT:
        raise ValueError(f"is {size} bytes long; at most {MESSAGE_BYTES_LIMIT} are accepted")
    return text


def _on_one_line(title: object) -> object:
    return one_line(title) if isinstance(title, str) else title


def _fit(text: object) -> object:
    return fit(text) if isinstance(text, str) else text


MessageText = Annotated[str, BeforeValidator(_fit), AfterValidator(_fits)]
"""What cannot be stored, sent on or shown is replaced, not refused: it is often pasted from a terminal."""


class _Request(BaseModel):
    """Unknown fields are ignored, as the old program did."""

    model_config = ConfigDict(frozen=True)

    session_id: SessionId | None = None
    """The session; without it the server makes a new one, and names it in the answer."""


class ChatRequest(_Request):
    """What a person says."""

    message: MessageText
    """What the person says; at most 16,000 bytes."""
    if_busy: IfBusy = "enqueue"
    """What happens while a run is in progress: wait for it, be refused, or stop it first."""


class InterruptRequest(_Request):
    """What is to stop."""

    run_id: RunId | None = None
    """The run to stop, queued ones included; without it the active run is stopped, else the queued ones are."""


class SystemRequest(_Request):
    """An event for the agent."""

    message: MessageText
    """What happened, in words for the agent; at most 16,000 bytes."""
    approval: ApprovalReply | None = None
    """The wallet's answer to a request, or the person's word to a tool call."""


class ClaimRequest(_Request):
    """One client wants to put a wallet request into a wallet, so that no other does."""

    approval_id: ApprovalId
    """The wallet request."""
    digest: Annotated[str, StringConstraints(pattern=patterns.DIGEST)]
    """The digest that the client has computed over what it shows."""
    account: Address
    """The account that is to sign."""
    claim_id: ClaimId
    """The client's own, for as long as it shows the request."""
    again: bool = False
    """The person knows that the request may have been sent already."""
    release: bool = False
    """The wallet has refused for certain, so others may try."""


class McpCommandRequest(_Request):
    """A command about networks or tools, without the agent."""

    command: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """The command's name."""
    args: dict[str, Any] = Field(default_factory=dict)
    """What the command is given."""


class RenameRequest(BaseModel):
    """A session's new title."""

    title: Annotated[
        str, StringConstraints(min_length=1, max_length=TITLE_LIMIT), BeforeValidator(_on_one_line)
    ]
    """The new title; it is put on one line."""


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


class AdoptRequest(BaseModel):
    """Which session is taken over."""

    session_id: SessionId
    """A session that was opened without a login."""


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


class TicketRequest(BaseModel):
    """Which session the ticket shall open."""

    session_id: SessionId
    """The session that the ticket shall open."""


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

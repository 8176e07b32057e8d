"""Request and response bodies of the HTTP API (section 9 of the protocol; older clients depend on it)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from forge.models import patterns
from forge.models.account import Deleted, Kept
from forge.models.approval import Address, ApprovalReply, ClaimId
from forge.models.frame import Hot, PublicMessage
from forge.models.ids import ApprovalId, RunId, SessionId
from forge.models.lines import fit, one_line
from forge.models.run import IfBusy
from forge.models.session import MESSAGE_BYTES_LIMIT, TITLE_LIMIT


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


class ChatRequest(_Request):
    message: MessageText
    if_busy: IfBusy = "enqueue"


class InterruptRequest(_Request):
    """`run_id` names one run, queued ones included; without it the active run, else the queued ones, are stopped."""

    run_id: RunId | None = None


class SystemRequest(_Request):
    message: MessageText
    approval: ApprovalReply | None = None


class ClaimRequest(_Request):
    """One client wants to put a wallet request into a wallet, so that no other does.

    `claim_id` is the client's own, for as long as it shows the request. `again`: the person knows that the request may
    have been sent already. `release`: the wallet has refused for certain, so others may try.
    """

    approval_id: ApprovalId
    digest: Annotated[str, StringConstraints(pattern=patterns.DIGEST)]
    account: Address
    claim_id: ClaimId
    again: bool = False
    release: bool = False


class McpCommandRequest(_Request):
    command: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    args: dict[str, Any] = Field(default_factory=dict)


class RenameRequest(BaseModel):
    title: Annotated[
        str, StringConstraints(min_length=1, max_length=TITLE_LIMIT), BeforeValidator(_on_one_line)
    ]


class State(Hot):
    """The whole public state. `messages` are at most the newest 500 and at most 1 MB; `message_count` tells all.

    `first_seq` is the number of the first message that is not left out: `?before=` it shows those before.
    """

    first_seq: int = 0
    messages: list[PublicMessage]


class SessionSummary(BaseModel):
    """One of the caller's own sessions, for a list; times RFC 3339. `approvals`: what waits for the person."""

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
    """`next`: what `?after=` of the next page is; null when this is all."""

    sessions: list[SessionSummary]
    next: str | None = None


class AdoptRequest(BaseModel):
    """The id of a session that was opened without a login."""

    session_id: SessionId


class Receipt(BaseModel):
    """What the deletion of an account has deleted so far, and what it leaves; times RFC 3339.

    `is_complete` false: there was not time for all of it; the same request, with the same key, goes on.
    """

    is_complete: bool
    deleted: Deleted
    kept: list[Kept]
    started_at: str
    finished_at: str | None


class TicketRequest(BaseModel):
    """Which session the ticket shall open."""

    session_id: SessionId


class Ticket(BaseModel):
    """A single-use ticket for opening a WebSocket with `?ticket=`, valid for `expires_in` seconds.

    `opens_for`: for how many seconds from now what it opens stays open, unless it is renewed; null: without an end.
    """

    ticket: str
    expires_in: int
    opens_for: int | None = None


class Problem(BaseModel):
    """An RFC 9457 problem document; `errors` lists the fields that are wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] | None = None

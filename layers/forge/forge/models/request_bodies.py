"""Request bodies of the HTTP API (section 9 of the protocol; older clients depend on it). Other fields are ignored."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from forge.models import patterns
from forge.models.approval import Address, ApprovalReply, ClaimId
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


class AdoptRequest(BaseModel):
    """Which session is taken over."""

    session_id: SessionId
    """A session that was opened without a login."""


class TicketRequest(BaseModel):
    """Which session the ticket shall open."""

    session_id: SessionId
    """The session that the ticket shall open."""

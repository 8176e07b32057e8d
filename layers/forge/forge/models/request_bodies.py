"""Request bodies of the HTTP API (section 9 of the protocol; older clients depend on it). Other fields are ignored."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from forge.models import patterns
from forge.models.approval import Address, ClaimId
from forge.models.approval_reply import ApprovalReply
from forge.models.ids import ApprovalId, RunId, SessionId
from forge.models.run import IfBusy
from forge.models.session import MESSAGE_BYTES_LIMIT, TITLE_LIMIT
from forge.models.text_cleaning import fit, one_line


def _fits(text: str) -> str:
    if not one_line(text):
        raise ValueError("must not be empty")
    if (size := len(text.encode())) > MESSAGE_BYTES_LIMIT:
        raise ValueError(f"is {size} bytes long; at most {MESSAGE_BYTES_LIMIT} are accepted")
    return text


def _on_one_line(title: object) -> object:
    return one_line(title) if isinstance(title, str) else title


def _fit(text: object) -> object:
    return fit(text) if isinstance(text, str) else text


MessageText = Annotated[str, BeforeValidator(_fit), AfterValidator(_fits)]
"""Replace characters that cannot be stored, sent or shown, because a message is often pasted from a terminal. None is
refused.
"""


class _Request(BaseModel):
    """Unknown fields are ignored, as in the program that this one replaced."""

    model_config = ConfigDict(frozen=True)

    session_id: SessionId | None = None
    """The session; without it the server makes a new id and returns it in the answer."""


class ChatRequest(_Request):
    """A person's message."""

    message: MessageText
    """The message's text; at most 16,000 bytes."""
    if_busy: IfBusy = "enqueue"
    """What to do while a run is in progress: wait for it, refuse the message, or stop the run first."""


class InterruptRequest(_Request):
    """The run that is to be stopped."""

    run_id: RunId | None = None
    """The run to stop, which may be a queued one; without it the active run is stopped, or else all queued runs are."""


class SystemRequest(_Request):
    """An event for the agent."""

    message: MessageText
    """What happened, in words for the agent; at most 16,000 bytes."""
    approval: ApprovalReply | None = None
    """The wallet's answer to a request, or the person's decision about a tool call."""


class ClaimRequest(_Request):
    """A client's claim on a wallet request, so that no other client puts the request into a wallet."""

    approval_id: ApprovalId
    """The wallet request's id."""
    digest: Annotated[str, StringConstraints(pattern=patterns.DIGEST)]
    """The digest that the client has computed from what it shows."""
    account: Address
    """The account that is to sign."""
    claim_id: ClaimId
    """An id that the client chooses and keeps while it shows the request."""
    again: bool = False
    """True if the person knows that the request may have been sent already."""
    release: bool = False
    """True if the wallet has certainly refused, so that other clients may try."""


class McpCommandRequest(_Request):
    """A command about networks or tools that runs without the agent."""

    command: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """The command's name."""
    args: dict[str, Any] = Field(default_factory=dict)
    """The arguments of the command."""


class RenameRequest(BaseModel):
    """A session's new title."""

    title: Annotated[
        str, StringConstraints(min_length=1, max_length=TITLE_LIMIT), BeforeValidator(_on_one_line)
    ]
    """The new title; white space and line breaks in it become single spaces."""


class AdoptRequest(BaseModel):
    """The session that is to be taken over."""

    session_id: SessionId
    """The id of a session that was opened without a login."""


class TicketRequest(BaseModel):
    """The request for a ticket."""

    session_id: SessionId
    """The session that the ticket shall open."""

"""A person who has logged in: a page of their sessions, and the receipt of what a deletion has deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from forge.models.session import Session
from forge.models.session_key import SessionKey


@dataclass(frozen=True, slots=True)
class OwnedPage:
    """A page of an owner's sessions."""

    sessions: Sequence[Session]
    """The sessions of this page, newest first."""
    after: str | None
    """The argument that requests the next page; None on the last page."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A session that has been given to an owner."""

    session: Session
    """The session under its new id."""
    left: SessionKey
    """The session's old key."""
    generation: int
    """The generation under the old key."""
    connections: frozenset[str]
    """The connections that followed the session under the old key; the caller closes them."""


class Deleted(BaseModel):
    """What a deletion has deleted so far, by kind."""

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


class Erasure(BaseModel):
    """The state of a deletion."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The same name continues the same deletion."""
    deleted: Deleted
    """What has been deleted so far."""
    started_at: int
    """The time of the first call, in epoch milliseconds."""
    finished_at: int | None = None
    """The time at which everything was deleted, in epoch milliseconds; None: another call must continue."""


@dataclass(frozen=True, slots=True)
class Erased:
    """A session that has been deleted."""

    generation: int
    """The generation that was deleted."""
    connections: frozenset[str]
    """The connections that followed it; the caller closes them."""


@dataclass(frozen=True, slots=True)
class ErasedAlone(Erased):
    """A session that a deletion of this session alone has deleted."""

    erasure: Erasure
    """The deletion. If it is finished already, this is its receipt and nothing remains to be done."""


KeptKind = Literal[
    "rate_counters",
    "token_counts",
    "request_records",
    "adoption_records",
    "queue_messages",
    "backups",
    "logs",
    "transactions",
    "llm_provider",
    "login",
]


class Kept(BaseModel):
    """A kind of data that remains after a deletion."""

    model_config = ConfigDict(frozen=True)

    kind: KeptKind
    """The kind of data."""
    seconds: int | None
    """The longest time that the data stays; null if this server does not decide that."""
    why: str
    """The reason for which the data stays, in one sentence."""

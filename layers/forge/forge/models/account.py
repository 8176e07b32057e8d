"""What belongs to a person who has logged in: a page of their sessions, and the receipt of what was deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from forge.models.ids import SessionKey
from forge.models.session import Session


@dataclass(frozen=True, slots=True)
class OwnedPage:
    """`after`: what the next page is asked for with; None on the last page."""

    sessions: Sequence[Session]
    after: str | None


@dataclass(frozen=True, slots=True)
class Adopted:
    """`connections` followed the session under the id that it had before, `left`, in its `generation`."""

    session: Session
    left: SessionKey
    generation: int
    connections: frozenset[str]


class Deleted(BaseModel):
    """What a deletion has deleted so far, by kind."""

    model_config = ConfigDict(frozen=True)

    sessions: int = 0
    """Sessions."""
    messages: int = 0
    """Messages of all sessions."""
    memory_entries: int = 0
    """Entries of what the LLM remembered."""
    wallet_requests: int = 0
    """Wallet requests that waited."""
    runs: int = 0
    """Runs that were in progress or queued."""


class Erasure(BaseModel):
    """A deletion as it stands. Times are epoch milliseconds; `finished_at` None: it has to be called again."""

    model_config = ConfigDict(frozen=True)

    name: str
    deleted: Deleted
    started_at: int
    finished_at: int | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """A session that has been deleted: the connections to close, and the generation that they followed."""

    generation: int
    connections: frozenset[str]


@dataclass(frozen=True, slots=True)
class ErasedAlone(Erased):
    """By a deletion of its own. When that is finished already, this is its receipt, and nothing is left to be done."""

    erasure: Erasure


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
    """Something that a deletion leaves."""

    model_config = ConfigDict(frozen=True)

    kind: KeptKind
    """What it is."""
    seconds: int | None
    """For how long it stays at most; null where that is not this server's to say."""
    why: str
    """Why it stays, in one sentence."""

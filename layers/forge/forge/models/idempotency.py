"""A request that must be carried out once, however often it arrives."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Self

from forge.models.session import Session
from forge.models.session_key import SessionKey


@dataclass(frozen=True, slots=True)
class Once:
    """The identity of such a request."""

    name: str
    """The digest of the `Idempotency-Key` and of its user."""
    fingerprint: str
    """The digest of the route and the body; a repeat must have the same one."""

    @classmethod
    def of(cls, user: tuple[str, ...], key: str, route: str, body: dict[str, Any]) -> Self:
        return cls(_digest([*user, key]), _digest([route, body]))


@dataclass(frozen=True, slots=True)
class Accepted:
    """The run that an accepted message began."""

    key: SessionKey
    """The session of the run."""
    run_id: str
    """The run's id."""
    session: Session | None
    """The session after accepting; None if the message was accepted earlier, or if the session is deleted already."""


def _digest(value: list[Any]) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

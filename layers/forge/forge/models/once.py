"""A request that is to be carried out once, however often it arrives."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Self

from forge.models.ids import SessionKey
from forge.models.session import Session


@dataclass(frozen=True, slots=True)
class Once:
    """`name` is the digest of an `Idempotency-Key` and of who uses it, `fingerprint` that of route and body."""

    name: str
    fingerprint: str

    @classmethod
    def of(cls, user: tuple[str, ...], key: str, route: str, body: dict[str, Any]) -> Self:
        return cls(_digest([*user, key]), _digest([route, body]))


@dataclass(frozen=True, slots=True)
class Accepted:
    """The run that an accepted message began. `session` None: it was accepted earlier, or is deleted already."""

    key: SessionKey
    run_id: str
    session: Session | None


def _digest(value: list[Any]) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

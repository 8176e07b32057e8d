"""How many wei the agent's own transactions may move, and as how much a transaction has been counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CapScope = Literal["session", "owner", "deployment"]
"""Whose total a cap limits. The totals of an owner and of the deployment are those of one UTC day, over all sessions.
"""


@dataclass(frozen=True, slots=True)
class SendingCaps:
    """Caps in wei; None means no cap."""

    session: int | None = None
    """The cap of one session."""
    owner: int | None = None
    """The cap of one signed-in user, or of one address prefix without a login."""
    deployment: int | None = None
    """The cap of the deployment."""


@dataclass(frozen=True, slots=True)
class Spending:
    """A transaction that is about to be sent."""

    wei: int
    """The value that it moves."""
    caps: SendingCaps
    """The caps that it was checked against."""
    day: int
    """The UTC day on which it counts, in days since 1970."""
    payer: str = ""
    """The digest of the caller whose share of the deployment's day it uses; empty: no share is counted."""

    @property
    def is_of_somebody(self) -> bool:
        """Whether a session or an owner must be charged. Without a cap nothing is written."""
        return self.wei > 0 and (self.caps.session, self.caps.owner) != (None, None)

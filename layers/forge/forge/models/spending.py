"""What the agent's own transactions may move, in wei, and what one of them has been counted as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CapScope = Literal["session", "owner", "deployment"]
"""Whose sum a cap is of. The owner's and the deployment's are of one UTC day, over all sessions."""


@dataclass(frozen=True, slots=True)
class SendingCaps:
    """Wei; None for no cap. `owner`: of a signed-in user, or without a login of one address prefix."""

    session: int | None = None
    owner: int | None = None
    deployment: int | None = None


@dataclass(frozen=True, slots=True)
class Spending:
    """A transaction that is about to be sent: its wei, the caps that it was held to, and the day that it counts for."""

    wei: int
    caps: SendingCaps
    day: int

    @property
    def is_of_somebody(self) -> bool:
        """Whether a session or an owner has to be charged: without a cap nothing is written."""
        return self.wei > 0 and (self.caps.session, self.caps.owner) != (None, None)

"""Who calls, until when that is known, and what a ticket is for."""

from __future__ import annotations

from typing import NamedTuple

from forge.models.ids import SessionKey


class Caller(NamedTuple):
    """`until` (epoch milliseconds): when the caller's token ends, and with it what was opened by it; None: never.

    `payer`: the digest of who is charged, the owner or an anonymous caller's address prefix; empty: this computer's
    own user.
    """

    owner: str
    until: int | None = None
    payer: str = ""


class Grant(NamedTuple):
    """What a ticket opens: one session, for its owner, from pages of `origin` (empty: from no page).

    `until` (epoch milliseconds): when the token by which the ticket was got ends.
    """

    key: SessionKey
    origin: str = ""
    until: int | None = None

    @property
    def caller(self) -> Caller:
        return Caller(self.key.owner, self.until)

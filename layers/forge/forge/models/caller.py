"""The caller of a request, and what a ticket allows."""

from __future__ import annotations

from typing import NamedTuple

from forge.models.session_key import SessionKey


class Caller(NamedTuple):
    """The caller of a request."""

    owner: str
    """The subject of the caller's token, or `anonymous`."""
    until: int | None = None
    """The end of the caller's token and of what it opened, in epoch milliseconds; None: no end."""
    payer: str = ""
    """The digest of the owner or the address prefix that is charged; empty for the user of this computer."""


class Grant(NamedTuple):
    """What a ticket opens."""

    key: SessionKey
    """The only session that the ticket opens, with its owner."""
    origin: str = ""
    """The origin whose pages may use the ticket; empty: no page may."""
    until: int | None = None
    """The end of the token with which the ticket was requested, in epoch milliseconds."""

    @property
    def caller(self) -> Caller:
        return Caller(self.key.owner, self.until)

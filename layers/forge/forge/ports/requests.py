"""Ports of what a request needs before it is served: its price, a ticket, and a place where places are limited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # keeps models that only a port names out of a function's cold start
    from forge.models.caller import Grant
    from forge.models.request_prices import Price
    from forge.models.session_key import SessionKey


class Admission(Protocol):
    """Charges the price list. If a method raises `RateLimited`, it has charged nothing."""

    def admit(self, caller: str | None, price: Price) -> None:
        """Charge a request of `caller` in blocks. `caller` is an owner or an address prefix; None charges the
        deployment only.
        """
        ...

    def command(self, key: SessionKey, units: int) -> None:
        """Charge a session exactly, at the rate of its messages. The session need not exist."""
        ...


class Tickets(Protocol):
    """Single-use tickets that open a WebSocket; stored as digests."""

    def issue(self, ticket: str, grant: Grant, until: int) -> None:
        """Store a ticket that opens what `grant` says, once, until `until` (epoch milliseconds)."""
        ...

    def redeem(self, ticket: str, now: int) -> Grant | None:
        """Use the ticket up and return what it opens; None for an unknown, used or expired ticket."""
        ...


class OpenStreams(Protocol):
    """The sockets and event streams that a caller has open. A stream is counted until `until` (epoch milliseconds) at
    most.
    """

    def open(self, holder: str, name: str, until: int) -> None:
        """Count the stream. The count is exact even when streams open concurrently. Raises `TooManyStreams`."""
        ...

    def stay(self, holder: str, name: str, until: int) -> None: ...

    def close(self, holder: str, name: str) -> None: ...


class Waits(Protocol):
    """Requests that occupy a function while they wait for a worker. A request is counted until `until` (epoch
    milliseconds) at most.
    """

    def open(self, payer: str, name: str, until: int) -> None:
        """Count the request. The count is exact even when requests come concurrently. Raises `TooManyWaits`."""
        ...

    def close(self, payer: str, name: str) -> None: ...

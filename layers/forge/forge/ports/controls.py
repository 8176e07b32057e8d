"""Ports by which clients ask something of workers: connections, interrupts, and commands outside a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # keeps models that only a port names out of a function's cold start
    from forge.models.run import ToolCommand
    from forge.models.session import Catalog, Connection, Control
    from forge.models.session_key import SessionKey


class Controls(Protocol):
    def connect(self, connection: Connection) -> None:
        """List the connection. The count is exact even when connections open concurrently. Raises
        `TooManyConnections`.
        """
        ...

    def disconnect(self, connection_id: str, key: SessionKey | None = None) -> None:
        """Forget a connection. If `key` is known, the connection is removed from the session even if its own item has
        gone.
        """
        ...

    def connection(self, connection_id: str) -> Connection | None: ...

    def heard(self, connection_id: str, cost: int) -> Connection | None:
        """Return the connection and charge it for a frame that costs so many milliseconds. Raises `RateLimited`."""
        ...

    def extend(self, connection: Connection, until: int) -> None:
        """Keep the connection open until then (epoch milliseconds), because its owner has presented a newer token."""
        ...

    def request_interrupt(self, key: SessionKey, run_id: str) -> None: ...

    def watch(self, key: SessionKey, until: int) -> None:
        """Record that a client follows by SSE until `until` (epoch milliseconds)."""
        ...

    def read(self, keys: Sequence[SessionKey], *, consistent: bool = True) -> dict[SessionKey, Control]:
        """Return the control items of `keys`, by one BatchGetItem for each 100; absent items are left out.

        Without `consistent` the reads cost half the price and may return slightly older items.
        """
        ...


class Commands(Protocol):
    def put(self, command: ToolCommand) -> None: ...

    def get(self, command_id: str) -> ToolCommand | None: ...

    def begin(self, command_id: str) -> tuple[ToolCommand, bool] | None:
        """Return the command, and whether this call is the first to begin it; None if there is no such command."""
        ...

    def publish(self, catalog: Catalog) -> None: ...

    def catalog(self) -> Catalog | None: ...

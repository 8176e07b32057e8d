"""What becomes of a connection that the WebSocket API does not know (any more)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # keeps modules that only types name out of a function's cold start
    from forge.models.session_key import SessionKey
    from forge.ports.controls import Controls


def forget_unless_opening(
    controls: Controls, connection_id: str, key: SessionKey | None, *, now: int
) -> bool:
    """Return whether the connection has gone; then it is forgotten. `now`: epoch milliseconds.

    A connection that is still opening is kept, because its first `sync` asks for everything.
    Raises `StorageUnavailable`.
    """
    connection = controls.connection(connection_id)
    if connection and connection.may_be_opening(now):
        return False
    controls.disconnect(connection_id, key)
    return True

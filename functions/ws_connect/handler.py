"""`$connect`: a client opens a WebSocket for a session, `/ws?session_id=…[&ticket=…]`."""

from __future__ import annotations

from forge.api.dependencies import stored
from forge.api.entry.socket_handler import connect_handler
from forge.api.socket_routes import connect

handler = connect_handler(connect, stored("admission", "controls", "open_streams", "tickets"))

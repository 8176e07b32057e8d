"""`$disconnect`: a WebSocket has closed. Its session's run continues."""

from __future__ import annotations

from forge.api.dependencies import stored
from forge.api.entry.socket_handler import connect_handler
from forge.api.socket_routes import disconnect

handler = connect_handler(disconnect, stored("controls", "open_streams"))

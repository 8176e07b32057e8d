"""`$disconnect`: a WebSocket has closed. Its session's run goes on."""

from __future__ import annotations

from forge.api.dependencies import store
from forge.api.socket_entry import connect_handler
from forge.api.sockets import disconnect

handler = connect_handler(disconnect, store)

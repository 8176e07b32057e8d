"""`auth`: keep a connection open beyond the end of the token that opened it."""

from __future__ import annotations

from forge.api.dependencies import connections, stored
from forge.api.entry.socket_handler import frame_handler
from forge.api.socket_routes import answer

handler = frame_handler(answer, stored("controls", "sessions", "tickets"), connections)

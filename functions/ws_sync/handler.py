"""`sync`: send a client everything beyond what it has."""

from __future__ import annotations

from forge.api.dependencies import connections, stored
from forge.api.entry.socket_handler import frame_handler
from forge.api.socket_routes import answer

handler = frame_handler(answer, stored("commands", "controls", "sessions"), connections)

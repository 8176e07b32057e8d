"""`sync`: send a client everything beyond what it has."""

from __future__ import annotations

from forge.api.dependencies import connections, store
from forge.api.socket_entry import frame_handler
from forge.api.sockets import answer

handler = frame_handler(answer, store, connections)

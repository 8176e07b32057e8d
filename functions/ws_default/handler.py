"""`$default`: a frame that is not JSON, or of a type that no route knows."""

from __future__ import annotations

from forge.api.dependencies import connections, stored
from forge.api.socket_entry import frame_handler
from forge.api.sockets import refuse

handler = frame_handler(refuse, stored("controls"), connections)

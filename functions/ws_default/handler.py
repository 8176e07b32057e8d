"""`$default`: a frame that is not JSON, or whose type has no route."""

from __future__ import annotations

from forge.api.dependencies import connections, stored
from forge.api.entry.client_frames import refuse
from forge.api.entry.socket_handler import frame_handler

handler = frame_handler(refuse, stored("controls"), connections)

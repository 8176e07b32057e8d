"""`$default`: a frame that is not JSON, or whose type has no route."""

from __future__ import annotations

from forge.api.client_frames import refuse
from forge.api.dependencies import connections, stored
from forge.api.socket_entry import frame_handler

handler = frame_handler(refuse, stored("controls"), connections)

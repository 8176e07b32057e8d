"""An ASGI application on a real uvicorn in the test's own loop, which starts and ends at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from tests.patience import eventually


@asynccontextmanager
async def serving(app: Any, port: int = 0, **options: Any) -> AsyncGenerator[int]:
    """Yields the port. uvicorn's own loop looks for its end ten times a second, and then sleeps: this one does not.

    At the end each connection is closed as soon as its answer is whole.
    """
    config = uvicorn.Config(app, "127.0.0.1", port, log_level="error", **options)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    await server.on_tick(0)
    state = server.server_state
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        for listener in server.servers:
            listener.close()
        for connection in list(state.connections):
            connection.shutdown()
        await eventually(lambda: not state.connections and not state.tasks)
        await server.lifespan.shutdown()

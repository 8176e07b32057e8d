"""The MiniStack emulator: run by MiniStack's own Python with one argument, the number of a socket that listens.

Prints one line, `ready`. It lives in another environment, so it imports nothing of ours. One thing is mended: a
long poll of a queue wakes up at once, where MiniStack's looks every 100 ms; and uvicorn serves it, quicker than its own
server does (the numbers are in docs/decisions/2026-11-22-emulator.md).
"""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import types
from typing import Any

import ministack.app
import uvicorn
import uvloop
from ministack.services import dynamodb, sqs

SERVICES = (dynamodb, sqs)
"""Imported before anybody waits for them."""

_changed = asyncio.Event()


async def until_changed(seconds: float) -> None:
    """At most `seconds`, because a message's visibility timeout may run out meanwhile."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_changed.wait(), seconds)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """MiniStack; a request that changed a queue wakes all long polls up."""
    global _changed
    await ministack.app.app(scope, receive, send)
    if scope["type"] != "http":
        return
    target = next((value for name, value in scope["headers"] if name == b"x-amz-target"), b"")
    if target.startswith(b"AmazonSQS.") and not target.endswith(b".ReceiveMessage"):
        _changed.set()
        _changed = asyncio.Event()


async def main() -> None:
    sqs.asyncio = types.SimpleNamespace(sleep=until_changed, iscoroutine=asyncio.iscoroutine)
    config = uvicorn.Config(
        app,
        http="httptools",
        lifespan="on",
        ws="none",
        timeout_keep_alive=300,
        timeout_graceful_shutdown=1,
        access_log=False,
        log_level="warning",
    )
    await Server(config).serve([socket.socket(fileno=int(sys.argv[1]))])


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print("ready", flush=True)


uvloop.run(main())

"""The server in front of the local queues, on a socket that the parent process holds."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import uvicorn

from forge.ports.clock import Clock
from forge.store import system_clock
from local_dev.aws.credential import Credential
from local_dev.aws.sqs.queue_api import QueueApi
from local_dev.aws.sqs.queues import Queue, Queues
from local_dev.home import set_aside
from local_dev.http_server.http_protocol import http_protocol
from local_dev.http_server.limits import Limits
from local_dev.processes.dynamodb_emulator import is_readable
from local_dev.template.resource_names import queue_name
from local_dev.template.wiring import Wiring


def open_queues(file: Path, report: Callable[[str], None]) -> Queues:
    """Open the queues. A damaged file is set aside, because the table knows which runs wait, and `recover_runs` sends
    them again.

    Raises `sqlite3.DatabaseError` if the file is locked or unreadable, or the disk is full.
    """
    if file.exists() and not is_readable(file):
        set_aside(file, "is damaged", report)
    try:
        return Queues(file, system_clock)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_ERROR:  # for example, a column is missing
            raise
        set_aside(file, "is of another version", report)
        return Queues(file, system_clock)


class _Server(uvicorn.Server):
    """A uvicorn server without its own signal handlers."""

    async def run_until_stopped(self, listener: socket.socket) -> None:
        await self._serve([listener])


class QueueServer:
    """`file`: the open socket. The queues are those of the template. Only requests with the `credential` are
    answered.
    """

    def __init__(
        self, file: int, queues: Queues, wiring: Wiring, clock: Clock, credential: Credential
    ) -> None:
        self._socket = socket.socket(fileno=file)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._queues = queues
        known = [
            Queue.of(queue_name(each, properties), properties) for each, properties in wiring.queues().items()
        ]
        config = uvicorn.Config(
            QueueApi(queues, known, clock, credential),
            http=http_protocol(Limits()),
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
            date_header=False,
            timeout_keep_alive=300,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def stop(self) -> None:
        """Let `run` end soon; a long poll in progress is cut off."""
        self._server.should_exit = True

    async def run(self) -> None:
        """Serve until `stop` is called."""
        try:
            await self._server.run_until_stopped(self._socket)
        finally:
            self._socket.close()
            self._queues.close()

"""Messages of the gateway's process to its parent: JSON lines over a pair of sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

LONGEST_SAID = 5_000
"""Maximum characters, each of which takes at most 12 bytes; the other end reads lines of up to 64 KiB (asyncio's
streams).
"""

Event = Literal["say", "ready", "restart workers"]


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The argument of the gateway's process."""

    listener: int
    """The file number of the gateway's listening socket."""
    queues: int
    """The file number of the queues' listening socket."""
    control: int
    """The file number of the socket to the parent."""
    url: str
    """The base URL of the application."""
    table_url: str
    """The base URL of the table."""
    queue_url: str
    """The base URL of the queues."""
    chain_url: str | None
    """The URL of the local Ethereum node; None if there is none."""
    state: str
    """The folder of the state."""
    logs: str
    """The folder of the processes' logs."""
    reports_errors: bool
    """True if errors in the logs are reported; otherwise they are on the terminal anyway."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> GatewaySettings:
        return cls(**json.loads(text))


class Control:
    """The gateway's end."""

    def __init__(self, file: int) -> None:
        self._socket = socket.socket(fileno=file)

    def say(self, text: str) -> None:
        """Send one line for the person at the terminal; a long line is cut."""
        self.send("say", text[:LONGEST_SAID])

    def send(self, event: Event, text: str = "") -> None:
        with contextlib.suppress(OSError):  # the parent has died, and this process ends soon
            self._socket.sendall(json.dumps([event, text]).encode() + b"\n")

    def close(self) -> None:
        self._socket.close()


async def listen(end: socket.socket, handlers: Mapping[str, Callable[[str], None]]) -> None:
    """Read the messages until the gateway's end is closed."""
    reader, writer = await asyncio.open_unix_connection(sock=end)
    try:
        while line := await reader.readline():
            event, text = json.loads(line)
            handlers[event](text)
    finally:
        writer.close()

"""A port that is reserved before its program runs, and stays reserved when the program is restarted."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import secrets
import socket
import sys
import weakref


class ReservedPort:
    """The socket is bound and never listens, so the kernel gives the number only to a program that asks for it by
    number.

    On Linux a second socket may bind the same port (SO_REUSEADDR); on other systems the port is only looked up.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        with socket.socket() as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((host, 0))
            self.number: int = bound.getsockname()[1]
            self.is_held = sys.platform == "linux"
            """Whether no other program can take the port; False: the port was only looked up."""
            if self.is_held:
                weakref.finalize(self, os.close, bound.detach())

    @classmethod
    def hidden(cls) -> ReservedPort:
        """Reserve a port on an address that no page can guess, on systems that answer on all of 127.0.0.0/8 (Linux)."""
        if sys.platform != "linux":
            return cls()
        while (
            port := cls(str(ipaddress.IPv4Address("127.1.0.0") + secrets.randbelow(2**24 - 2**17)))
        ).is_taken:
            pass
        return port

    @property
    def is_taken(self) -> bool:
        """Whether another program listens on the number at the usual address. dynoxide then starts on no address."""
        with socket.socket() as probe:
            return not probe.connect_ex(("127.0.0.1", self.number))

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.number}"

    async def answers(self) -> bool:
        """Return whether a program listens there."""
        try:
            _, writer = await asyncio.open_connection(self.host, self.number)
        except OSError:
            return False
        writer.close()
        return True


def url_of(listener: socket.socket) -> str:
    """Return the URL by which this computer calls the listener, which may listen on all addresses."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

"""A port that is known before the program that listens on it runs, and stays its own when it is started again."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import secrets
import socket
import sys
import weakref


class ReservedPort:
    """Bound and never listened on: the kernel gives the number to nobody else, but to who asks for it by number.

    That a second socket may bind it beside this one is Linux's way (SO_REUSEADDR); elsewhere it is only looked up.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        with socket.socket() as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((host, 0))
            self.number: int = bound.getsockname()[1]
            if sys.platform == "linux":
                weakref.finalize(self, os.close, bound.detach())

    @classmethod
    def hidden(cls) -> ReservedPort:
        """On an address that no page can guess, where the system answers on all of 127.0.0.0/8 (Linux)."""
        if sys.platform != "linux":
            return cls()
        return cls(str(ipaddress.IPv4Address("127.1.0.0") + secrets.randbelow(2**24 - 2**17)))

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.number}"

    async def answers(self) -> bool:
        """Whether somebody listens there by now."""
        try:
            _, writer = await asyncio.open_connection(self.host, self.number)
        except OSError:
            return False
        writer.close()
        return True

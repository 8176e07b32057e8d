"""A port that is known before the program that listens on it runs, and stays its own when it is started again."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import weakref


class ReservedPort:
    """Bound and never listened on: the kernel gives the number to nobody else, but to who asks for it by number.

    That a second socket may bind it beside this one is Linux's way (SO_REUSEADDR); elsewhere it is only looked up.
    """

    def __init__(self) -> None:
        with socket.socket() as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(("127.0.0.1", 0))
            self.number: int = bound.getsockname()[1]
            if sys.platform == "linux":
                weakref.finalize(self, os.close, bound.detach())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.number}"

    async def answers(self) -> bool:
        """Whether somebody listens there by now."""
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.number)
        except OSError:
            return False
        writer.close()
        return True

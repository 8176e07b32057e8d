"""Programs that run external servers like a worker, and wait to be killed or told to end.

`orphanage.py LISTENER` imports what such a program needs once, and forks a program for each connection of the socket
whose descriptor is LISTENER. The connection gives it the path of its configuration, reads its pid, what is wrong with
the servers and whether it ended by itself, and tells it to end by closing its own half.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys

from tests.mcp_servers.external.memory_pins import MemoryPins
from worker.agent.tools.external.external_servers import ExternalServers


async def work(config: str, connection: socket.socket) -> None:
    external = ExternalServers.from_environment({"FORGE_MCP_CONFIG": config}, MemoryPins())
    await external.refresh()
    connection.sendall(f"{os.getpid()} {external.faults()}\n".encode())
    await asyncio.to_thread(connection.recv, 1)
    await external.close()
    connection.sendall(b"ended by itself")


def main(listener: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the programs
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            config = connection.makefile().readline().strip()
            asyncio.run(work(config, connection))
            os._exit(0)
        connection.close()


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))

"""A process with secrets, like the worker, that starts hostile servers and prints the result of each trick.

`besieged.py open TRICK…` is the control, in which an unrestricted child tries the tricks.
"""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from fastmcp import Client

from tests.mcp_servers.external.memory_pins import MemoryPins
from tests.mcp_servers.external.tricks import ABSTRACT_NAME, TRICKS
from worker.agent.tools.external.external_servers import ExternalServers
from worker.operation.own_secrets import hide

TRICKS_FILE = Path(__file__).with_name("tricks.py")
ONE_TRICK = "import runpy, sys; print(runpy.run_path(sys.argv[1])['tried'](sys.argv[2]))"


class Role(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"s3cret of the role")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing is printed but the answers."""


def offer_secrets() -> None:
    """A socket and an endpoint as a parent may have them, and a descriptor that is open."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(ABSTRACT_NAME)
    listener.listen()

    def answer() -> None:
        while True:
            stream, _ = listener.accept()
            stream.sendall(b"s3cret of the socket")
            stream.close()

    threading.Thread(target=answer, daemon=True).start()


async def besieged(config: str) -> dict[str, str]:
    environment = dict(os.environ)
    hide(os.environ)
    external = ExternalServers.from_environment({**environment, "FORGE_MCP_CONFIG": config}, MemoryPins())
    await external.refresh()
    seen: dict[str, str] = {}
    try:
        server = dict(external.mounted())["hostile"]
        async with Client(server) as client:
            for trick in TRICKS:
                result = await client.call_tool("hostile_look", {"text": trick})
                seen[trick] = " ".join(getattr(part, "text", "") for part in result.content)
    finally:
        await external.close()
    return {"faults": " ".join(external.faults()), **seen}


def unprotected() -> dict[str, str]:
    seen: dict[str, str] = {}
    for trick in TRICKS:
        command = [sys.executable, "-c", ONE_TRICK, str(TRICKS_FILE), trick]
        done = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")
        seen[trick] = done.stdout + done.stderr
    return seen


def main() -> None:
    role = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Role)
    threading.Thread(target=role.serve_forever, daemon=True).start()
    os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"http://127.0.0.1:{role.server_port}/s3cret"
    offer_secrets()
    seen = unprotected() if sys.argv[1] == "open" else asyncio.run(besieged(sys.argv[1]))
    reached = {name: "s3cret" in text for name, text in seen.items()}
    sys.stdout.write(json.dumps(reached | {"faults": seen.get("faults", "")}))


if __name__ == "__main__":
    main()

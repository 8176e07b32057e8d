"""A program that runs external servers like a worker, and waits to be killed or told to end."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from worker.agent.tools.external import ExternalServers


async def main() -> None:
    external = ExternalServers.from_environment({"FORGE_MCP_CONFIG": sys.argv[1]})
    await external.refresh()
    sys.stdout.write(f"{external.faults()}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await external.close()


asyncio.run(main())
Path(sys.argv[2]).touch()

"""The local Ethereum node: anvil on a free port, for the network `testnet`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from local_dev.processes import ROOT, Processes, StartFailed

_LISTENING = re.compile(r"Listening on (\S+)")


def anvil() -> Path | None:
    """The program itself where the npm package has one for this machine, else the package's Node script."""
    packages = ROOT / "node_modules" / "@foundry-rs"
    programs = sorted(packages.glob("anvil-*/bin/anvil*"))
    script = ROOT / "node_modules" / ".bin" / "anvil"
    return programs[0] if programs else script if script.exists() else None


async def start_chain(
    processes: Processes, environment: Mapping[str, str], keep: Path | None = None
) -> tuple[str | None, str]:
    """The node's URL (None: there is no local chain) and a line that says where it is or why it is missing.

    `keep`: the folder in which the chain is kept between starts.
    """
    if preset := environment.get("TESTNET_RPC_URL"):
        return preset, "the test network of TESTNET_RPC_URL"
    if (program := anvil()) is None:
        return None, "no local chain: install Node.js and run make again, or set TESTNET_RPC_URL"
    command = [str(program), "--host", "127.0.0.1", "--port", "0"]
    if keep:
        command += ["--state", str(keep / "chain.json")]
    try:
        _, address = await processes.start_until("anvil", command, os.environ, _address)
    except (StartFailed, OSError) as error:
        return None, f"no local chain: anvil did not start ({str(error).splitlines()[0]})"
    return f"http://{address}", f"anvil at http://{address}"


def _address(line: str) -> str | None:
    found = _LISTENING.search(line)
    return found[1] if found else None

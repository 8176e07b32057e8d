"""What a developer sets by environment variables; `python -m local_dev --help` shows the same list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local_dev.limits import Limits
from local_dev.processes import ROOT

HELP = """\
Start the whole application on this computer: emulator, gateway, worker and a local Ethereum node.

  BACKEND_HOST, BACKEND_PORT   where to listen (127.0.0.1, 8080; port 0: any free one)
  FORGE_LLM                    provider and model; unset: the offline operator, which needs no key
  FORGE_WORKERS                number of worker processes (1)
  FORGE_EMULATOR               ministack or moto (ministack where it is installed)
  FORGE_KEEP_STATE=1           keep conversations (MiniStack only) and chain between starts
  FORGE_RELOAD=0               do not take over what is edited while this runs
  TESTNET_RPC_URL              another test network than the anvil that is started
  and every variable that template.yaml takes from a parameter, for example SESSION_TIMEOUT_MINUTES

For tests: FORGE_LOCAL_FOLDER, FORGE_STACK_FILE, FORGE_EXPIRY_SECONDS, FORGE_SCHEDULE_SECONDS,
FORGE_SOCKET_IDLE_SECONDS, FORGE_SOCKET_LIFETIME_SECONDS.
"""


STACK_FILE = "stack.json"
"""Describes the running application, in its folder; only its owner can read it."""


@dataclass(frozen=True, slots=True)
class Options:
    """Times in seconds. `stack_file`: where to describe the running stack for tests."""

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    emulator: str = ""
    keep_state: bool = False
    reload: bool = True
    folder: Path = ROOT / ".local"
    stack_file: Path = ROOT / ".local" / STACK_FILE
    expiry_seconds: float = 5.0
    schedule_seconds: float | None = None
    verbose: bool = False
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, verbose: bool = False) -> Options:
        """Raises ValueError for a number that is none."""

        def number(name: str, default: float) -> float:
            return float(environment.get(name) or default)

        folder = Path(environment.get("FORGE_LOCAL_FOLDER") or ROOT / ".local")
        return cls(
            host=environment.get("BACKEND_HOST") or "127.0.0.1",
            port=int(environment.get("BACKEND_PORT") or 8080),
            workers=int(number("FORGE_WORKERS", 1)),
            emulator=environment.get("FORGE_EMULATOR", ""),
            keep_state=environment.get("FORGE_KEEP_STATE", "") not in ("", "0"),
            reload=environment.get("FORGE_RELOAD", "") != "0",
            folder=folder,
            stack_file=Path(environment.get("FORGE_STACK_FILE") or folder / STACK_FILE),
            expiry_seconds=number("FORGE_EXPIRY_SECONDS", 5.0),
            schedule_seconds=number("FORGE_SCHEDULE_SECONDS", 0) or None,
            verbose=verbose,
            limits=Limits.from_environment(environment),
        )

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
  TESTNET_RPC_URL              another test network than the anvil that is started
  and every variable that template.yaml takes from a parameter, for example SESSION_TIMEOUT_MINUTES

For tests: FORGE_LOCAL_FOLDER, FORGE_STACK_FILE, FORGE_EXPIRY_SECONDS, FORGE_SCHEDULE_SECONDS,
FORGE_SOCKET_IDLE_SECONDS, FORGE_SOCKET_LIFETIME_SECONDS.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """Times in seconds. `stack_file`: where to describe the running stack for tests."""

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    emulator: str = ""
    keep_state: bool = False
    folder: Path = ROOT / ".local"
    stack_file: Path | None = None
    expiry_seconds: float = 5.0
    schedule_seconds: float | None = None
    verbose: bool = False
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, verbose: bool = False) -> Options:
        """Raises ValueError for a number that is none."""

        def number(name: str, default: float) -> float:
            return float(environment.get(name) or default)

        stack_file = environment.get("FORGE_STACK_FILE")
        return cls(
            host=environment.get("BACKEND_HOST") or "127.0.0.1",
            port=int(environment.get("BACKEND_PORT") or 8080),
            workers=int(number("FORGE_WORKERS", 1)),
            emulator=environment.get("FORGE_EMULATOR", ""),
            keep_state=environment.get("FORGE_KEEP_STATE", "") not in ("", "0"),
            folder=Path(environment.get("FORGE_LOCAL_FOLDER") or ROOT / ".local"),
            stack_file=Path(stack_file) if stack_file else None,
            expiry_seconds=number("FORGE_EXPIRY_SECONDS", 5.0),
            schedule_seconds=number("FORGE_SCHEDULE_SECONDS", 0) or None,
            verbose=verbose,
            limits=Limits.from_environment(environment),
        )

"""The environment variables for a developer; `python -m local_dev --help` shows the same list."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite, nan
from pathlib import Path

from local_dev.home import folder_of
from local_dev.http_server.limits import IDLE_SECONDS, LIFETIME_SECONDS, Limits
from local_dev.repository import ROOT

HELP = """\
Start the whole application on this computer: emulator, gateway, worker and a local Ethereum node.

  BACKEND_HOST, BACKEND_PORT   where to listen (127.0.0.1, 8080; port 0: any free one)
  FORGE_LLM                    provider and model; unset: the offline operator, which needs no key
  FORGE_WORKERS                number of worker processes (one for each processor, as far as the memory allows)
  FORGE_KEEP_STATE=0           begin empty and keep nothing; else conversations and chain are kept between starts
  FORGE_EMULATOR               dynoxide or ministack (dynoxide where it exists); FORGE_DYNOXIDE names the program
  FORGE_HOSTS                  names, separated by commas, by which other computers may call this one
  FORGE_EDGE_SECRET            what a proxy in front shows in x-forge-edge; its x-forge-viewer then tells who calls
  FORGE_RELOAD=0               do not take over what is edited while this runs
  AUTH_ISSUER=dev              require a login, of a development issuer on this server where anybody may be anybody
  TESTNET_RPC_URL              another test network than the anvil that is started
  and every variable that template.yaml takes from a parameter, for example SESSION_TIMEOUT_MINUTES

Logs and state are in .local/ (FORGE_LOCAL_FOLDER names another folder); remove .local/state to forget everything.

  --verbose                    show the logs of all processes here, too

For tests: FORGE_STACK_FILE, FORGE_EXPIRY_SECONDS, FORGE_SCHEDULE_SECONDS, FORGE_DEV_TOKEN_SECONDS,
FORGE_SOCKET_IDLE_SECONDS, FORGE_SOCKET_LIFETIME_SECONDS.
"""


WORKER_SHARE = 4_000_000_000
"""Bytes of the computer's memory for each worker that is started by default; a worker itself uses a twentieth of
this.
"""
USUAL_WORKERS = 4
"""More workers than this do not help, because the gateway and the emulator are the limit."""
STACK_FILE = "stack.json"
"""This file in the application's folder describes the running application; only its owner can read it."""


SWITCH = {
    "0": False,
    "no": False,
    "off": False,
    "false": False,
    "1": True,
    "yes": True,
    "on": True,
    "true": True,
}
"""The values of a variable that switches something on or off."""


SHORTEST = 0.01
"""Seconds. With none, work that is repeated would take a whole processor, and a connection would end at once."""
LISTS = {
    "CORS_ORIGINS": (
        r"[*]|null|([a-z][a-z0-9+.-]*://[^\s/]+)?",
        "origins such as https://chat.example.com, separated by commas, or *",
    ),
    "FORGE_HOSTS": (
        r"[A-Za-z0-9._-]*",
        "names such as chat.example.com, separated by commas, without http:// or a port",
    ),
}
"""The form of each list's members, and the words for it."""


class OptionError(ValueError):
    """A variable has an unusable value; the message names it."""


def usual_workers(processors: int | None = None, memory: int | None = None) -> int:
    processors = processors or os.cpu_count() or 1
    memory = memory or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(processors, memory // WORKER_SHARE, USUAL_WORKERS))


@dataclass(frozen=True, slots=True)
class Options:
    """How to start the application; `HELP` names the variables."""

    host: str = "127.0.0.1"
    """The address on which the gateway listens."""
    port: int = 8080
    """The port on which the gateway listens; 0: any free one."""
    workers: int = field(default_factory=usual_workers)
    """The number of worker processes."""
    emulator: str = ""
    """The emulator of the table: `dynoxide` or `ministack`; empty: the first that exists."""
    keep_state: bool = True
    """True if conversations and chain are kept between starts."""
    reload: bool = True
    """True if processes restart when their code is edited."""
    hosts: str = ""
    """Names, separated by commas, by which other computers may call this one."""
    edge_secret: str = ""
    """What a proxy in front shows, so that its statement of the caller's address is believed; empty: no such proxy."""
    folder: Path = ROOT / ".local"
    """The folder for logs and state."""
    stack_file: Path = ROOT / ".local" / STACK_FILE
    """The file that describes the running stack for tests."""
    expiry_seconds: float = 5.0
    """The interval at which expired items are deleted."""
    schedule_seconds: float | None = None
    """The interval of the scheduled functions; None: the template's."""
    token_seconds: float = 300.0
    """The life of the development issuer's access tokens."""
    verbose: bool = False
    """True if the logs of all processes are shown on the terminal."""
    limits: Limits = field(default_factory=Limits)
    """API Gateway's limits as this gateway enforces them."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, verbose: bool = False) -> Options:
        """Raises `OptionError` for an invalid value, with the variable's name."""
        _list(environment, "CORS_ORIGINS")
        port = int(_number(environment, "BACKEND_PORT", 8080, whole=True, most=65535))
        folder = Path(environment.get("FORGE_LOCAL_FOLDER") or ROOT / ".local").absolute()
        named = environment.get("FORGE_STACK_FILE")
        return cls(
            host=environment.get("BACKEND_HOST") or "127.0.0.1",
            port=port,
            workers=int(_number(environment, "FORGE_WORKERS", usual_workers(), whole=True, least=1, most=64)),
            emulator=environment.get("FORGE_EMULATOR", ""),
            keep_state=_switch(environment, "FORGE_KEEP_STATE"),
            reload=_switch(environment, "FORGE_RELOAD"),
            hosts=_list(environment, "FORGE_HOSTS"),
            edge_secret=environment.get("FORGE_EDGE_SECRET", ""),
            folder=folder,
            stack_file=Path(named) if named else folder_of(folder, port) / STACK_FILE,
            expiry_seconds=_number(environment, "FORGE_EXPIRY_SECONDS", 5.0, least=SHORTEST),
            schedule_seconds=_number(environment, "FORGE_SCHEDULE_SECONDS", 0) or None,
            token_seconds=_number(environment, "FORGE_DEV_TOKEN_SECONDS", 300.0, least=SHORTEST),
            verbose=verbose,
            limits=Limits(
                idle=_number(environment, "FORGE_SOCKET_IDLE_SECONDS", IDLE_SECONDS, least=SHORTEST),
                lifetime=_number(
                    environment, "FORGE_SOCKET_LIFETIME_SECONDS", LIFETIME_SECONDS, least=SHORTEST
                ),
            ),
        )


def _number(
    environment: Mapping[str, str],
    name: str,
    default: float,
    *,
    whole: bool = False,
    least: float = 0,
    most: float = inf,
) -> float:
    text = environment.get(name) or str(default)
    kind = "a whole number" if whole else "a number"
    try:
        value = float(int(text) if whole else float(text))
    except (ValueError, OverflowError):
        value = nan
    if isfinite(value) and least <= value <= most:
        return value
    limits = f" between {least:g} and {most:g}" if most < inf else f" of {least:g} or more"
    raise _error(name, text, f"{kind}{limits}")


def _switch(environment: Mapping[str, str], name: str) -> bool:
    """Everything is on unless it is switched off."""
    text = environment.get(name) or "1"
    if (value := SWITCH.get(text.strip().lower())) is None:
        raise _error(name, text, f"one of {', '.join(SWITCH)}")
    return value


def _list(environment: Mapping[str, str], name: str) -> str:
    """A member of another form would have no effect, and nobody would learn of it."""
    text, (member, wanted) = environment.get(name, ""), LISTS[name]
    if not all(re.fullmatch(member, each.strip()) for each in text.split(",")):
        raise _error(name, text, wanted)
    return text


def _error(name: str, text: str, wanted: str) -> OptionError:
    return OptionError(f"{name} is {text[:40]}{'…' * (len(text) > 40)}: it must be {wanted}")

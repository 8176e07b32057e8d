"""DynamoDB on this computer: dynoxide, whose table is an SQLite file, or MiniStack if there is no dynoxide.

An acknowledged write is in the file and survives the death of any process:
docs/decisions/2026-11-26-local-emulator.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local_dev.home import set_aside, start_without
from local_dev.processes.chosen_ports import ReservedPort
from local_dev.processes.processes import Child, Processes, StartFailed
from local_dev.processes.table_form import fits
from local_dev.repository import ROOT
from local_dev.template.resource_names import ACCOUNT

MINISTACK = ROOT / ".tools" / "ministack" / "bin" / "python"
NAMES = ("dynoxide", "ministack")


def dynoxide(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the program: that of FORGE_DYNOXIDE, that of the npm package, or one installed on this computer."""
    packaged = sorted((ROOT / "node_modules" / "@dynoxide").glob("*/dynoxide*"))
    named = environment.get("FORGE_DYNOXIDE") or (str(packaged[0]) if packaged else shutil.which("dynoxide"))
    return Path(named) if named else None


def chosen(wanted: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return `wanted`, or dynoxide if it exists. Raises `StartFailed`."""
    name = wanted or ("dynoxide" if dynoxide(environment) else "ministack")
    if name not in NAMES:
        raise StartFailed(f"FORGE_EMULATOR is {name}; it must be one of {', '.join(NAMES)}")
    if name == "dynoxide" and not dynoxide(environment):
        raise StartFailed(
            "dynoxide is not installed; run make setup-run, or name the program: FORGE_DYNOXIDE"
        )
    if name == "ministack" and not MINISTACK.exists():
        raise StartFailed("neither dynoxide nor MiniStack is installed; run make setup-run")
    return name


class Emulator:
    """`state`: the folder of the emulator's file. `shape`: the template's tables, which a kept file must have."""

    def __init__(
        self,
        processes: Processes,
        name: str,
        state: Path,
        shape: Mapping[str, Any],
        report: Callable[[str], None],
    ) -> None:
        self.port = ReservedPort.hidden()
        self.name = name
        self.is_empty = True
        """Whether the emulator had no tables at its last start."""
        self._processes, self._state, self._report = processes, state, report
        self._shape = shape

    @property
    def url(self) -> str:
        """The emulator answers every caller, so other programs get only the address of the guard (`table_guard.py`)."""
        return self.port.url

    @property
    def is_hidden(self) -> bool:
        """Whether only a program that is told the address can find it."""
        return self.port.is_held

    @property
    def place(self) -> tuple[str, int]:
        return self.port.host, self.port.number

    @property
    def file(self) -> Path:
        return self._state / "table.db"

    @property
    def says(self) -> str:
        if self.name == "dynoxide":
            return f"conversations are kept in {self.file}"
        return "conversations are in memory (MiniStack) and kept by a clean end only: dynoxide keeps them at once"

    async def start(self) -> Child:
        """Start and wait until the emulator answers. Raises `StartFailed`. A file is set aside only if the program
        starts without it.
        """
        if self.name == "ministack":
            self.is_empty = True
            return await self._start([str(MINISTACK), "-m", "ministack"], self._ministack())
        self._check()
        with contextlib.suppress(StartFailed):
            return await self._start_dynoxide()
        if not self.port.is_held or self.port.is_taken:
            self.port = ReservedPort.hidden()
        try:
            return await self._start_dynoxide()
        except StartFailed as error:
            if not self.file.exists():
                raise
            why = f"cannot be used by dynoxide ({_last_line(error)})"
            child = await start_without(self.file, self._start_dynoxide, why, self._report)
            self.is_empty = True
            return child

    async def _start_dynoxide(self) -> Child:
        where = ["--host", self.port.host, "--port", str(self.port.number)]
        command = [str(dynoxide()), "serve", *where, "--db-path", str(self.file)]
        return await self._start(command, dict(os.environ))

    async def _start(self, command: list[str], environment: Mapping[str, str]) -> Child:
        child = await self._processes.start("emulator", command, environment)
        await self._processes.until_listening(child, self.port)
        return child

    def _ministack(self) -> dict[str, str]:
        """MiniStack has its own Python environment, which PYTHONPATH would mix with ours."""
        own = ("PYTHONPATH", "VIRTUAL_ENV")
        inherited = {name: value for name, value in os.environ.items() if name not in own}
        return inherited | {
            "SERVICES": "dynamodb",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "BIND_HOST": self.port.host,
            "GATEWAY_PORT": str(self.port.number),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self._state / "ministack"),
        }

    def _check(self) -> None:
        """Start empty if a kept file is damaged or its tables cannot become those of the template.

        The note next to it describes its tables. A note that cannot be read does not cause this.
        """
        shape = self._state / "table.json"
        if self.file.exists():
            if not is_readable(self.file):
                set_aside(self.file, "is damaged", self._report)
            elif not fits(_noted(shape), self._shape):
                set_aside(self.file, "has tables of another form than template.yaml", self._report)
        self.is_empty = not self.file.exists()
        shape.write_text(json.dumps(self._shape, sort_keys=True, default=str))


def _noted(shape: Path) -> Mapping[str, Any]:
    """Return the tables that the note describes; none if it does not exist, or if it is damaged."""
    try:
        tables = dict(json.loads(shape.read_text()))
    except (OSError, ValueError, TypeError):
        return {}
    return {name: table for name, table in tables.items() if isinstance(table, dict)}


def is_readable(file: Path) -> bool:
    """Return whether SQLite finds no damage. A file that is only locked or inaccessible is not damaged."""
    import sqlite3  # only a start that finds a kept file needs it

    try:
        with contextlib.closing(sqlite3.connect(file, timeout=2)) as database:
            return database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _last_line(error: StartFailed) -> str:
    return str(error).splitlines()[-1].strip()

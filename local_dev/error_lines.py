"""Brings errors that functions and workers log to the terminal of `make run`, in a line each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

POLL_SECONDS = 0.3
READ_BYTES = 1 << 20
"""Of one file at one look; what is more is read at the next."""
AT_ONCE = 20
"""Lines of one look that are shown; the rest is counted."""
LOGS = ("functions.log", "worker-*.log")
_LEVELS = frozenset({"ERROR", "CRITICAL"})


async def report_errors(folder: Path, report: Callable[[str], None]) -> None:
    """Until cancelled; begins at the files' present ends."""
    tails = Tails(folder)
    while True:
        await asyncio.sleep(POLL_SECONDS)
        found = [text for name, line in tails.lines() if (text := summary(name, line))]
        for text in found[:AT_ONCE]:
            report(text)
        if len(found) > AT_ONCE:
            report(f"and {len(found) - AT_ONCE} more errors: see {folder}")


class LogLine(BaseModel):
    """What is read of a JSON log line; its other fields are left alone."""

    model_config = ConfigDict(strict=True)

    level: str = ""
    message: str = ""
    error: str = ""
    error_text: str = ""
    cause: str = ""
    frames: list[str] = []
    route: str = ""
    function: str = ""
    run_id: str = ""


def summary(name: str, line: str) -> str | None:
    """What a person should see of a log line; None if it tells of no error."""
    try:
        said = LogLine.model_validate_json(line)
    except ValidationError:
        return None
    if said.level not in _LEVELS and not said.error:
        return None
    where = f" ({said.frames[-1]})" if said.frames else ""
    cause = ": ".join(filter(None, [said.error, said.error_text, said.cause]))
    subject = said.route or said.function or said.run_id
    return (
        f"{name}: {f'{subject}: ' if subject else ''}{' · '.join(filter(None, [said.message, cause]))}{where}"
    )


class Tails:
    """The whole lines that were added to the logs since the last look, at first those that come from now on.

    A file that became shorter begins anew; what was not read of it is in the file that it was moved to (`logs`).
    """

    def __init__(self, folder: Path, *, from_beginning: bool = False) -> None:
        self._folder = folder
        self._read = {} if from_beginning else {path: path.stat().st_size for path in self._files()}

    def lines(self) -> Iterator[tuple[str, str]]:
        """(name of the process, line)."""
        for path in self._files():
            for line in self._added(path):
                yield path.stem, line

    def _files(self) -> list[Path]:
        return sorted(path for pattern in LOGS for path in self._folder.glob(pattern))

    def _added(self, path: Path) -> list[str]:
        moved: list[str] = []
        try:
            with path.open("rb") as file:
                start = self._read.get(path, 0)
                if start > file.seek(0, 2):
                    moved, start = _rest(path.with_name(f"{path.name}.1"), start), 0
                file.seek(start)
                data = file.read(READ_BYTES)
        except OSError:
            return []
        end = data.rfind(b"\n") + 1 or (len(data) if len(data) == READ_BYTES else 0)
        self._read[path] = start + end
        return moved + _lines(data[:end])


def _rest(path: Path, start: int) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return _lines(file.read())
    except OSError:
        return []


def _lines(data: bytes) -> list[str]:
    return data.decode(errors="replace").splitlines()

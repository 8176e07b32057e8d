"""Prints errors that functions and workers log to the terminal of `make run`, each in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from forge.models.counted_words import counted

POLL_SECONDS = 0.3
READ_BYTES = 1 << 20
"""Maximum bytes of one file that one check reads; the next check reads the rest."""
AT_ONCE = 20
"""Maximum lines that one check shows; the others are counted."""
LOGS = ("functions.log", "worker-*.log")
_LEVELS = frozenset({"ERROR", "CRITICAL"})


async def report_errors(folder: Path, report: Callable[[str], None]) -> None:
    """Report errors until cancelled, beginning at the present ends of the files."""
    tails = Tails(folder)
    while True:
        await asyncio.sleep(POLL_SECONDS)
        found = [text for name, line in tails.lines() if (text := summary(name, line))]
        for text in found[:AT_ONCE]:
            report(text)
        if len(found) > AT_ONCE:
            report(f"and {counted(len(found) - AT_ONCE, 'more error')}: see {folder}")


class LogLine(BaseModel):
    """The fields of a JSON log line that are read; other fields are ignored."""

    model_config = ConfigDict(strict=True)

    level: str = ""
    """The level's name, such as `ERROR`."""
    message: str = ""
    """The constant text of the line."""
    error: str = ""
    """The type of the error."""
    error_text: str = ""
    """The text of the error."""
    cause: str = ""
    """The reason in words, if the line has one."""
    frames: list[str] = []
    """The places in the code, the innermost last."""
    route: str = ""
    """The route of the request, if the line is about one."""
    function: str = ""
    """The function's name, if the line is about one."""
    run_id: str = ""
    """The run's id, if the line is about one."""


def summary(name: str, line: str) -> str | None:
    """Return the text of a log line for a person; None if the line reports no error."""
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
    """Return the complete lines that were added to the logs since the last check, beginning with those after the
    first check.

    A file that became shorter is read from its beginning; its unread rest is in the file to which it was renamed
    (`logs`).
    """

    def __init__(self, folder: Path, *, from_beginning: bool = False) -> None:
        self._folder = folder
        self._read = {} if from_beginning else {path: path.stat().st_size for path in self._files()}

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield (name of the process, line)."""
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

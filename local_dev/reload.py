"""Applies a developer's edits while the application runs: workers are restarted, functions are imported again."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from local_dev.processes.processes import StartFailed
from local_dev.repository import ROOT

DEBOUNCE_MS = 200
"""An editor writes several files at once, so edits within this time are applied together."""
MOST_NAMED = 3

FUNCTIONS, WORKERS, RESTART = "functions", "workers", "restart"

EFFECTS: tuple[tuple[str, frozenset[str]], ...] = (
    ("functions", frozenset({FUNCTIONS})),
    ("layers/forge/forge", frozenset({FUNCTIONS, WORKERS})),
    ("worker", frozenset({WORKERS})),
    ("mcp.json", frozenset({WORKERS})),
    ("template.yaml", frozenset({RESTART})),
    ("local_dev", frozenset({RESTART})),
)
"""The parts of the tree and what each affects. The page needs nothing, because the browser requests its files each
time.
"""


class _Sources(DefaultFilter):
    """Python files, and the files that are watched by name."""

    def __call__(self, change: Change, path: str) -> bool:
        is_source = path.endswith((".py", ".md", "mcp.json", "template.yaml"))
        return is_source and super().__call__(change, path)


def effects_of(paths: Iterable[str]) -> frozenset[str]:
    """Return what must be restarted or imported again after a change of `paths`."""
    found: set[str] = set()
    for path in paths:
        for part, effects in EFFECTS:
            if Path(path).is_relative_to(ROOT / part):
                found |= effects
    return frozenset(found)


async def changes() -> AsyncIterator[set[str]]:
    """Yield the paths of each group of edits, until cancelled."""
    watched = [path for part, _ in EFFECTS if (path := ROOT / part).exists()]
    async for group in awatch(*watched, watch_filter=_Sources(), debounce=DEBOUNCE_MS):
        yield {path for _, path in group}


class Reloader:
    """Applies edits by two functions of the stack.

    `restart_workers` returns when the new workers are ready, or raises `StartFailed`. `reload_functions` raises the
    errors of the edited code; the old functions then stay.
    """

    def __init__(
        self,
        restart_workers: Callable[[], Awaitable[None]],
        reload_functions: Callable[[], None],
        report: Callable[[str], None],
    ) -> None:
        self._restart_workers, self._reload_functions = restart_workers, reload_functions
        self._report = report

    async def run(self) -> None:
        """Apply edits until cancelled."""
        async for paths in changes():
            await self.take_over(paths)

    async def take_over(self, paths: set[str]) -> None:
        effects = effects_of(paths)
        names = _names(paths)
        if WORKERS in effects:
            await self._take_over_workers(names)
        if FUNCTIONS in effects:
            await self._take_over_functions(names)
        if RESTART in effects:
            self._report(f"{names} changed: Ctrl-C and make run take it over")

    async def _take_over_workers(self, names: str) -> None:
        began = time.monotonic()
        try:
            await self._restart_workers()
        except StartFailed as error:
            self._report(f"{names} changed, but the workers do not start: {error}")
        else:
            self._report(f"{names} changed: the workers are ready, after {time.monotonic() - began:.1f} s")

    async def _take_over_functions(self, names: str) -> None:
        try:
            await asyncio.to_thread(self._reload_functions)
        except Exception as error:  # noqa: BLE001  a developer's code may raise anything
            self._report(
                f"{names} changed, but the functions cannot be imported, so the old ones go on: {place_of(error)}"
            )
        else:
            self._report(f"{names} changed: the functions were imported again")


def _names(paths: set[str]) -> str:
    """Return the first files by name; a change of branch may be a change of hundreds."""
    names = sorted(str(Path(path).relative_to(ROOT)) for path in paths)
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def place_of(error: BaseException) -> str:
    """Return type, text and the last place in this tree, for a person at a terminal."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({_relative(error.filename)}:{error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    places = [f" ({_relative(each.filename)}:{each.lineno})" for each in frames if _is_ours(each.filename)]
    return f"{type(error).__name__}: {error}" + (places[-1] if places else "")


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(ROOT) and ".venv" not in Path(file).parts


def _relative(file: str | None) -> str:
    return str(Path(file).relative_to(ROOT)) if file and _is_ours(file) else str(file)

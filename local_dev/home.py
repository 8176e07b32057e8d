"""The folder of one running application: its logs, its state, and who holds it.

A second application in the same folder gets a folder of its own inside, so that neither writes over the other's.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from local_dev.processes.identity import kill_group, started

_Started = TypeVar("_Started")
_LOCK = "running.json"
_STATE, _UNKEPT = "state", "state-of-this-start"


class FolderUnusable(Exception):
    """The text says which folder it is, and why."""


def folder_of(folder: Path, port: int) -> Path:
    """Where an application on this port has its files: a folder that was made for the port, else the common one."""
    own = folder / f"port-{port}"
    return own if own.is_dir() else folder


@dataclass
class Home:
    """`folder` is held until this process ends, however it ends."""

    folder: Path
    state: Path
    _lock: int = field(repr=False)

    @classmethod
    def take(cls, folder: Path, port: int, *, keep_state: bool, report: Callable[[str], None]) -> Home:
        """Raises `FolderUnusable`. What an application that was killed left running there is ended first."""
        try:
            chosen = folder_of(folder, port)
            lock = _hold(chosen)
            if lock is None:
                chosen = folder / f"port-{port}"
                report(f"{folder} is another running application's; the files of this one are in {chosen}")
                lock = _hold(chosen)
            if lock is None:
                raise FolderUnusable(f"{chosen} is another running application's")
            _end_leftovers(lock)
            state = chosen / (_STATE if keep_state else _UNKEPT)
            if not keep_state:
                shutil.rmtree(state, ignore_errors=True)
            state.mkdir(exist_ok=True)
        except OSError as error:
            advice = "FORGE_LOCAL_FOLDER=/another/folder make run"
            reason = error.strerror or error
            raise FolderUnusable(
                f"{folder} cannot be written ({reason}); name another one: {advice}"
            ) from error
        return cls(chosen, state, lock)

    @property
    def keeps(self) -> bool:
        return self.state.name == _STATE

    def remember(self, children: Mapping[str, int]) -> None:
        """For the next start, in case nobody is left to end these."""
        known = {name: [pid, started(pid)] for name, pid in children.items()}
        with contextlib.suppress(OSError):
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, json.dumps(known).encode(), 0)

    def close(self) -> None:
        if not self.keeps:
            shutil.rmtree(self.state, ignore_errors=True)
        self.remember({})
        os.close(self._lock)


BEGINS_EMPTY = "a new one begins empty"


def set_aside(path: Path, why: str, report: Callable[[str], None], then: str = BEGINS_EMPTY) -> None:
    """A file of the state that is of no use is kept under another name, and said; SQLite's companions go with it.

    `then`: what takes its place.
    """
    Aside.take(path).say(why, report, then)


@dataclass(frozen=True, slots=True)
class Aside:
    """A file of the state that was moved out of the way with its companions, and can still come back."""

    path: Path
    suffix: str
    moved: Sequence[Path]

    @classmethod
    def take(cls, path: Path) -> Aside:
        suffix = f".set-aside-{time.strftime('%Y%m%d-%H%M%S')}"
        moved = [each for each in _with_companions(path) if each.exists()]
        for each in moved:
            each.replace(each.with_name(each.name + suffix))
        return cls(path, suffix, moved)

    def put_back(self) -> None:
        """What was begun in its place goes: another file's companions would damage it."""
        for each in _with_companions(self.path):
            each.unlink(missing_ok=True)
        for each in self.moved:
            each.with_name(each.name + self.suffix).replace(each)

    def say(self, why: str, report: Callable[[str], None], then: str = BEGINS_EMPTY) -> None:
        report(f"{self.path} {why}: it is kept beside as {self.path.name}{self.suffix}, and {then}")


def _with_companions(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm")]


async def start_without(
    path: Path, start: Callable[[], Awaitable[_Started]], why: str, report: Callable[[str], None]
) -> _Started:
    """Sets a file aside with which a program did not start, if the program starts without it.

    Raises what `start` raises; then something else is in the way, and the file is where it was.
    """
    aside = Aside.take(path)
    try:
        running = await start()
    except BaseException:
        aside.put_back()
        raise
    aside.say(why, report)
    return running


def write_description(file: Path, description: Mapping[str, Any]) -> bool:
    """False: the file describes another application that runs, which keeps it. Only its owner can read it."""
    if _is_anothers(file):
        return False
    own = {"pid": os.getpid(), "started": started(os.getpid())}
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_text(json.dumps({**description, "owner": own}))
    draft.replace(file)
    return True


def _is_anothers(file: Path) -> bool:
    try:
        owner: dict[str, Any] = json.loads(file.read_text())["owner"]
        pid, began = int(owner["pid"]), owner["started"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return pid != os.getpid() and bool(began) and started(pid) == began


def _hold(folder: Path) -> int | None:
    """The open lock file; None: another process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _end_leftovers(lock: int) -> None:
    try:
        known: dict[str, Any] = json.loads(os.pread(lock, 65536, 0) or b"{}")
        children = [(int(pid), str(began)) for pid, began in known.values()]
    except (ValueError, TypeError, AttributeError):
        return
    for pid, began in children:
        kill_group(pid, began)

"""The folder of one running application: its logs, its state, and its lock.

A second application in the same folder gets a folder of its own inside, so that neither overwrites the other's files.
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

from local_dev.process_identity import kill_group, started

_Started = TypeVar("_Started")
_LOCK = "running.json"
_STATE, _UNKEPT = "state", "state-of-this-start"


class FolderUnusable(Exception):
    """The message names the folder and the reason."""


def folder_of(folder: Path, port: int) -> Path:
    """Return the folder of an application on this port: one that was made for the port, else the common one."""
    own = folder / f"port-{port}"
    return own if own.is_dir() else folder


@dataclass
class Home:
    """The folder that this process has locked."""

    folder: Path
    """The folder for logs and everything else; this process holds it until it ends, for whatever reason."""
    state: Path
    """The folder of the state."""
    _lock: int = field(repr=False)

    @classmethod
    def take(cls, folder: Path, port: int, *, keep_state: bool, report: Callable[[str], None]) -> Home:
        """Lock a folder. Raises `FolderUnusable`. Processes that a killed application left running there are ended
        first.
        """
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
        """Record the children for the next start, in case no process is left to end them."""
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
    """Move an unusable file of the state to another name, with SQLite's companion files, and report it.

    `then`: what replaces the file.
    """
    Aside.take(path).say(why, report, then)


@dataclass(frozen=True, slots=True)
class Aside:
    """A file of the state that was moved to another name with its companions, and can be moved back."""

    path: Path
    """The file's own path."""
    suffix: str
    """What was added to the names."""
    moved: Sequence[Path]
    """The present paths of the file and its companions."""

    @classmethod
    def take(cls, path: Path) -> Aside:
        suffix = f".set-aside-{time.strftime('%Y%m%d-%H%M%S')}"
        moved = [each for each in _with_companions(path) if each.exists()]
        for each in moved:
            each.replace(each.with_name(each.name + suffix))
        return cls(path, suffix, moved)

    def put_back(self) -> None:
        """Delete the files that were created in its place, because the companions of another file would damage it."""
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
    """If a program does not start with a file, set the file aside, provided that the program starts without it.

    If `start` raises an error, this raises it too: something else is wrong, and the file stays in its place.
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
    """Write the file, which only its owner can read. Return False if it describes another running application."""
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
    """Return the open lock file; None if another process holds it."""
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

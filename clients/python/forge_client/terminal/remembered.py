"""The sessions that this person has used, in a file of their own, because on a server without login only the id
gives access.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

LIMIT = 100


class RememberedSession(BaseModel):
    """A session that this person has used."""

    model_config = ConfigDict(frozen=True)

    url: str
    """The base URL of the session's server."""
    session_id: str
    """The session's id."""
    title: str = ""
    """The title when it was last seen; empty if there was none."""


class _Contents(BaseModel):
    sessions: list[RememberedSession] = []


class RememberedSessions:
    """The file at `path`, with the session used last first. A file that cannot be read counts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> RememberedSessions:
        """`$XDG_STATE_HOME/forge-mcp/sessions.json`."""
        state = environment.get("XDG_STATE_HOME") or ""
        base = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
        return cls(base / "forge-mcp" / "sessions.json")

    def of(self, url: str) -> list[RememberedSession]:
        return [session for session in self._read() if session.url == url]

    def remember(self, session: RememberedSession) -> None:
        others = [known for known in self._read() if not _same(known, session)]
        self._write([session, *others][:LIMIT])

    def retitle(self, session: RememberedSession) -> None:
        """Do the same as `remember`, but keep the order."""
        self._write([session if _same(known, session) else known for known in self._read()])

    def forget(self, session: RememberedSession) -> None:
        self._write([known for known in self._read() if not _same(known, session)])

    def _read(self) -> list[RememberedSession]:
        try:
            return _Contents.model_validate_json(self._path.read_bytes()).sessions
        except (OSError, ValidationError):
            return []

    def _write(self, sessions: list[RememberedSession]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The file is written completely or not at all, and only its owner can read it: `mkstemp` creates it so.
        handle, name = tempfile.mkstemp(dir=self._path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(_Contents(sessions=sessions).model_dump_json(indent=1))
        Path(name).replace(self._path)


def _same(one: RememberedSession, other: RememberedSession) -> bool:
    return (one.url, one.session_id) == (other.url, other.session_id)

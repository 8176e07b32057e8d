"""All sessions of the fake server."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.fake_server.session import SimulatedSession


class Sessions(dict[str, SimulatedSession]):
    """A session is made when it is first asked for by `[]`."""

    def __init__(self, push: Callable[[str, str], None]) -> None:
        super().__init__()
        self._push = push

    def __missing__(self, session_id: str) -> SimulatedSession:
        session = self[session_id] = SimulatedSession(session_id, partial(self._push, session_id))
        return session

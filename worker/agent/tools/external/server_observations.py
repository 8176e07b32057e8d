"""Records what a server does besides its answers: the end of its stderr, HTTP statuses, questions to the person."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Generator, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

STDERR_LINES = 20
LINE_LIMIT = 300
SHORTEST_SECRET = 4
HIDDEN = "[hidden]"

Dialect = Literal["web page", "redirect", "status", "too large"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that is not an MCP message."""

    status: int
    """The HTTP status."""
    kind: Dialect
    """What the answer is, by its form."""
    retry_after: str = ""
    """The value of the `Retry-After` header; empty if there is none."""
    host: str = ""
    """The target of a redirect."""
    code: int | None = None
    """The code of the JSON-RPC error in the answer."""
    had_session: bool = False
    """Whether the request named a session, which the server may have forgotten."""


@dataclass(slots=True)
class Witness:
    """What happened during one call."""

    answers: list[Answer] = field(default_factory=list[Answer])
    """The answers to its HTTP requests that were not MCP messages."""
    questions: list[str] = field(default_factory=list[str])
    """The questions that the server asked the person."""


_witness: ContextVar[Witness | None] = ContextVar("what is seen of the external server's call", default=None)


@contextlib.contextmanager
def watching() -> Generator[Witness]:
    """Requests that are sent inside the block, also by tasks that are started in it, report to this witness."""
    witness = Witness()
    token = _witness.set(witness)
    try:
        yield witness
    finally:
        _witness.reset(token)


def current() -> Witness | None:
    return _witness.get()


class Tail:
    """The last lines of a program's stderr, each of limited length."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=STDERR_LINES)
        self._rest = b""

    def feed(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-LINE_LIMIT * 4 :]
        for line in lines:
            if text := line.decode(errors="replace").strip():
                self._lines.append(text[:LINE_LIMIT])

    def lines(self) -> list[str]:
        rest = self._rest.decode(errors="replace").strip()[:LINE_LIMIT]
        return [*self._lines, *([rest] if rest else [])]

    def clear(self) -> None:
        self._lines.clear()
        self._rest = b""


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The longest secret comes first, because one secret may be a part of another."""
    for secret in sorted((each for each in secrets if len(each) >= SHORTEST_SECRET), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text

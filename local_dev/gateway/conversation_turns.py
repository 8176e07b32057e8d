"""Requests of one conversation begin one after the other, so that many of them hold up no other conversation's request.

In Lambda each call has a processor of its own. Here all functions share one interpreter: of nine requests that begin
at once, all are answered when the last one is.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from worker.runs.staggered_starts import Starts

LONGEST_TURN = 0.05
"""After this time in seconds a request no longer delays others, because it waits for something itself."""
_LONGEST_BODY = 200_000
"""Characters of the longest body in which the conversation is looked up; a message is shorter."""


@dataclass
class _Line:
    starts: Starts = field(default_factory=lambda: Starts(1, LONGEST_TURN))
    requests: int = 0


class ConversationTurns:
    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def turn(self, event: Mapping[str, Any]) -> AsyncGenerator[None]:
        """Wait until the request of this event may begin. One that names no conversation does not wait."""
        name = conversation_of(event)
        if not name:
            yield
            return
        line = self._lines.setdefault(name, _Line())
        line.requests += 1
        try:
            with await line.starts.begin():
                yield
        finally:
            line.requests -= 1
            if not line.requests:
                del self._lines[name]


def conversation_of(event: Mapping[str, Any]) -> str:
    """Return the session id that the request names, wherever an endpoint expects it; empty if there is none."""
    for where in ("pathParameters", "queryStringParameters"):
        if name := event.get(where, {}).get("session_id"):
            return name
    body = event.get("body", "")
    if event["isBase64Encoded"] or len(body) > _LONGEST_BODY or "session_id" not in body:
        return ""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    name = cast("dict[str, Any]", found).get("session_id") if isinstance(found, dict) else None
    return name if isinstance(name, str) else ""

"""The one price list: what each route, frame and command costs. A route or frame without a price does not start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Daily = Literal["requests", "streams", "sessions", "tokens", "sends", "wei"]
"""What the deployment may have a roof for on each UTC day."""
_REQUEST: tuple[Daily, ...] = ("requests",)
_STREAM: tuple[Daily, ...] = ("requests", "streams")


class Price(NamedTuple):
    """`caller`: units of the signed-in owner, or of an anonymous caller's address prefix. `roof`: of the deployment.

    `daily`: one of each is counted against the deployment's day.
    """

    caller: int
    roof: int = 1
    daily: tuple[Daily, ...] = _REQUEST


FREE = Price(0, 0, ())

ROUTES: Mapping[str, Price] = {
    "GET /health": FREE,
    "GET /api/state": Price(1),
    "GET /api/sessions": Price(2),
    "GET /api/chat/stream": Price(5, 5, _STREAM),
    "POST /api/chat": Price(5, 5),
    "POST /api/system": Price(5, 5),
    "POST /api/interrupt": Price(2),
    "POST /api/mcp-command": Price(5, 5),
    "POST /api/ticket": Price(3),
    "POST /api/approvals/claim": Price(3),
    "PATCH /api/sessions/{session_id}": Price(2),
    "DELETE /api/sessions/{session_id}": Price(3),
    "POST /api/sessions/adopt": Price(10, 5),
    "DELETE /api/account": Price(20, 10),
    "$connect": Price(5, 2, _STREAM),
}

ANSWER_BYTES = 100_000
"""Each time that an answer holds so many bytes it costs its caller a unit more: who reads much reads seldom."""
EVENT_BYTES = 20_000
"""What an event of a stream counts for at least: it is made for this stream alone."""


def price_of_bytes(size: int) -> Price:
    units = size // ANSWER_BYTES
    return Price(units, units, ())


FRAMES: Mapping[str, int] = {"sync": 1_000, "ping": 250, "auth": 500}
"""Milliseconds of the connection's own time: a connection may send one `sync` a second."""
SYNC = Price(1, 0, ())
"""What a `sync` costs the connection's caller beside that: it may be answered by a megabyte."""
WRONG_FRAME = 250
"""What a frame costs that is none of them, or of no valid form."""
FRAMES_AHEAD_MS = 3_000
"""How far ahead of its time a connection may be: a page that comes back sends several frames at once."""

COMMANDS: Mapping[str, int] = {
    "set_network": 1,
    "set_wallet": 1,
    "bind_wallet": 1,
    "call_tool": 1,
    "list_tools": 0,
    "list_networks": 0,
}
"""Messages of the session's own rate, which a command uses up as a message would. Lists cost their route alone."""

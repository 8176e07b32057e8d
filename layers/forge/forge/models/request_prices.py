"""The only price list: the cost of each route, frame and command. A route or frame without a price raises an error at
start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Daily = Literal["requests", "streams", "sessions", "tokens", "sends", "wei"]
"""What the deployment may limit for each UTC day."""
_REQUEST: tuple[Daily, ...] = ("requests",)
_STREAM: tuple[Daily, ...] = ("requests", "streams")


class Price(NamedTuple):
    """The cost of a request."""

    caller: int
    """Units charged to the signed-in owner, or to an anonymous caller's address prefix."""
    deployment: int = 1
    """Units charged to the deployment."""
    daily: tuple[Daily, ...] = _REQUEST
    """The daily limits of the deployment that count this request as one."""


FREE = Price(0, 0, ())

STOP = Price(2, 1, ())
"""A person can stop a run, also when the day of the deployment or their share of it is used up."""

ROUTES: Mapping[str, Price] = {
    "GET /health": FREE,
    "GET /api/state": Price(1),
    "GET /api/sessions": Price(2),
    "GET /api/chat/stream": Price(5, 5, _STREAM),
    "POST /api/chat": Price(5, 5),
    "POST /api/system": Price(5, 5),
    "POST /api/interrupt": STOP,
    "POST /api/mcp-command": Price(5, 5),
    "POST /api/ticket": Price(3),
    "POST /api/approvals/claim": Price(3),
    "PATCH /api/sessions/{session_id}": Price(2),
    "DELETE /api/sessions/{session_id}": Price(3),
    "POST /api/sessions/adopt": Price(10, 5),
    "DELETE /api/account": Price(20, 10),
    "$connect": Price(5, 2, _STREAM),
}

WAIT = Price(5, 5, ())
"""What it costs more when an answer is waited for longer than a moment, with a function held."""

ANSWER_BYTES = 100_000
"""An answer costs its caller one more unit for each multiple of this size, so that large reads use up the rate
faster.
"""
EVENT_BYTES = 20_000
"""The smallest size for which an event of a stream is charged, because the event is made for this stream alone."""


def price_of_bytes(size: int) -> Price:
    units = size // ANSWER_BYTES
    return Price(units, units, ())


FRAMES: Mapping[str, int] = {"sync": 1_000, "ping": 250, "auth": 500}
"""Cost in milliseconds of the connection's own rate: a connection may send one `sync` a second."""
SYNC = Price(1, 0, ())
"""The additional cost of a `sync` for the connection's caller, because its answer may have a megabyte."""
WRONG_FRAME = 250
"""The cost of a frame that has another type or is invalid."""
FRAMES_AHEAD_MS = 3_000
"""How far a connection may exceed its rate for a moment, because a page that reconnects sends several frames at once.
"""

COMMANDS: Mapping[str, int] = {
    "set_network": 1,
    "set_wallet": 1,
    "bind_wallet": 1,
    "call_tool": 1,
    "list_tools": 0,
    "list_networks": 0,
}
"""The cost of a command in units of the session's own rate for commands, which allows as many as its rate for messages.
Commands that only list cost their route alone.
"""

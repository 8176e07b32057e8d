"""The frames that this client sends (`docs/protocol.md`)."""

from __future__ import annotations

from typing import Literal

from forge_client.wallet_requests import Frozen


class Have(Frozen):
    """What the client already has."""

    generation: int = 0
    """The generation of the data that the client has."""
    messages: int = 0
    """The number of finished messages that the client has, counted from the first one."""
    seq: int | None = None
    """The number of the streaming message of which the client has a part."""
    attempt: int = 0
    """The attempt to which that part belongs."""
    length: int = 0
    """The length of that part in characters (Unicode code points)."""


class SyncFrame(Frozen):
    """Ask for everything beyond `have`."""

    type: Literal["sync"] = "sync"
    """Which frame this is."""
    session_id: str | None = None
    """If given, this must be the session of the connection."""
    have: Have = Have()
    """What the client already has."""
    newest: int | None = None
    """Send at most this many of the newest finished messages, and at most 1 MB of them; `GET /api/state?before=`
    returns older ones. Without this field the oldest messages that the client lacks come first, at most 500 and 1 MB of
    them.
    """


class AuthFrame(Frozen):
    """Keep the connection open beyond the end of the token that opened it; a `pong` is the answer."""

    type: Literal["auth"] = "auth"
    """Which frame this is."""
    ticket: str
    """A ticket of `POST /api/ticket`, requested with a newer token of the same owner for the same session."""


class PingFrame(Frozen):
    type: Literal["ping"] = "ping"
    """Which frame this is."""

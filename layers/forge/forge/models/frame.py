"""WebSocket frames: closed unions with a literal `type`. The page and `docs/protocol.md` follow them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from forge.models.ids import SessionId
from forge.models.views import Hot, PublicMessage

FRAME_BYTES_LIMIT = 32_000
"""API Gateway cuts a WebSocket message into frames of 32 KB; ours are smaller than one."""


class StateFrame(Hot):
    """The public hot state and the messages that are new to the receiver, by `seq`."""

    type: Literal["state"] = "state"
    """Which frame this is."""
    first_seq: int = 0
    """The number of the first message that is sent in the answer to a `sync` with `newest`; 0 when no message is left
    out.
    """
    messages: list[PublicMessage] = Field(default_factory=list[PublicMessage])
    """Messages that are new to the receiver. A long message is continued by `text` frames."""


class TextFrame(BaseModel):
    """A piece of a message.

    A receiver appends the text when `offset` equals what it has, trims the overlap when `offset` is smaller, asks
    `sync` when it is larger, and starts the message again from offset 0 when `attempt` has grown (ignoring frames of
    a smaller attempt).
    """

    model_config = ConfigDict(frozen=True)

    type: Literal["text"] = "text"
    """Which frame this is."""
    session_id: str
    """The session's id."""
    generation: int
    """The session's generation."""
    seq: int
    """The number of the message to which the text belongs."""
    attempt: int
    """The run's attempt; 0 for the rest of a message that has ended."""
    offset: int
    """The position in the message at which `text` begins, in characters (Unicode code points)."""
    text: str
    """A piece of the message."""


class ErrorFrame(BaseModel):
    """A problem with a client's frame; the connection stays open. The fields are those of RFC 9457."""

    model_config = ConfigDict(frozen=True)

    type: Literal["error"] = "error"
    """Which frame this is."""
    status: int
    """The HTTP status that the problem would have."""
    title: str
    """The status in words."""
    detail: str
    """The problem in words for a person."""


class SessionExpiredFrame(BaseModel):
    """The session's generation has ended; the connection is closed after this frame."""

    model_config = ConfigDict(frozen=True)

    type: Literal["session_expired"] = "session_expired"
    """Which frame this is."""
    session_id: str
    """The session's id."""
    generation: int
    """The generation that has ended."""


class PongFrame(BaseModel):
    """The answer to `ping`: the connection and the session are alive; `rev` tells whether a `sync` is due."""

    model_config = ConfigDict(frozen=True)

    type: Literal["pong"] = "pong"
    """Which frame this is."""
    rev: int | None = None
    """The session's `rev`, which tells whether a `sync` is due; null when there is no session."""


ServerFrame = Annotated[
    StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame, Field(discriminator="type")
]
SERVER_FRAME: TypeAdapter[Any] = TypeAdapter(ServerFrame, config=ConfigDict(defer_build=True))


class Have(BaseModel):
    """What the client already has."""

    generation: int = 0
    """The generation of the data that the client has."""
    messages: int = Field(default=0, ge=0)
    """The number of finished messages that the client has, counted from the first one."""
    seq: int | None = None
    """The number of the streaming message of which the client has a part."""
    attempt: int = 0
    """The attempt to which that part belongs."""
    length: int = Field(default=0, ge=0)
    """The length of that part in characters (Unicode code points)."""


class SyncFrame(BaseModel):
    """Ask for everything beyond `have`."""

    type: Literal["sync"] = "sync"
    """Which frame this is."""
    session_id: SessionId | None = None
    """If given, this must be the session of the connection."""
    have: Have = Have()
    """What the client already has."""
    newest: int | None = Field(default=None, ge=1, le=500)
    """Send at most this many of the newest finished messages, and at most 1 MB of them; `GET /api/state?before=`
    returns older ones. Without this field the oldest messages that the client lacks come first, at most 500 and 1 MB
    of them.
    """


class PingFrame(BaseModel):
    """Keep the connection and its session alive. A client sends this frame at least every 5 minutes."""

    type: Literal["ping"] = "ping"
    """Which frame this is."""


class AuthFrame(BaseModel):
    """Keep the connection open beyond the end of the token that opened it; the answer is a `pong`."""

    type: Literal["auth"] = "auth"
    """Which frame this is."""
    ticket: Annotated[str, Field(max_length=128)]
    """A ticket of `POST /api/ticket`, requested with a newer token of the same owner for the same session."""


ClientFrame = Annotated[SyncFrame | PingFrame | AuthFrame, Field(discriminator="type")]
CLIENT_FRAME: TypeAdapter[Any] = TypeAdapter(ClientFrame)

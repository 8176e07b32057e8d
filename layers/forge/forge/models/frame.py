"""What travels on the WebSocket: closed unions with a literal `type`, followed by the page and `docs/protocol.md`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from forge.models.ids import SessionId
from forge.models.views import Hot, PublicMessage

FRAME_BYTES_LIMIT = 32_000
"""API Gateway cuts a WebSocket message into frames of 32 KB; ours stay below one."""


class StateFrame(Hot):
    """The public hot state and messages that are new to the receiver, by `seq`."""

    type: Literal["state"] = "state"
    """Which frame this is."""
    first_seq: int = 0
    """In the answer to a `sync` with `newest`: messages before it are left out and not sent; 0 when none are."""
    messages: list[PublicMessage] = Field(default_factory=list[PublicMessage])
    """Messages that are new to the receiver, each whole or to be continued."""


class TextFrame(BaseModel):
    """A piece of a message.

    A receiver appends when `offset` is what it has, trims the overlap when it is smaller, asks `sync` when it is
    larger, and starts the message again from offset 0 when `attempt` grew (ignoring frames of a smaller attempt).
    """

    model_config = ConfigDict(frozen=True)

    type: Literal["text"] = "text"
    """Which frame this is."""
    session_id: str
    """The session's id."""
    generation: int
    """The session's generation."""
    seq: int
    """The message that it belongs to."""
    attempt: int
    """The run's attempt; 0 for the rest of a message that has ended."""
    offset: int
    """Where in the message `text` begins, in characters (Unicode code points)."""
    text: str
    """A piece of the message."""


class ErrorFrame(BaseModel):
    """What was wrong with a client's frame; the connection stays open. The fields are those of RFC 9457."""

    model_config = ConfigDict(frozen=True)

    type: Literal["error"] = "error"
    """Which frame this is."""
    status: int
    """What HTTP's status would be."""
    title: str
    """The status in words."""
    detail: str
    """What was wrong, for a person."""


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
    """What a client holds already."""

    model_config = ConfigDict(extra="forbid")

    generation: int = 0
    """The generation of what the client holds."""
    messages: int = Field(default=0, ge=0)
    """How many messages that have ended it holds, from the first on."""
    seq: int | None = None
    """The streaming message that it holds a part of."""
    attempt: int = 0
    """The attempt of that part."""
    length: int = Field(default=0, ge=0)
    """How many characters (Unicode code points) of it."""


class SyncFrame(BaseModel):
    """Ask for everything beyond `have`."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["sync"] = "sync"
    """Which frame this is."""
    session_id: SessionId | None = None
    """When given, it must be the connection's own."""
    have: Have = Have()
    """What the client holds already."""
    newest: int | None = Field(default=None, ge=1, le=500)
    """At most so many of the messages that have ended, and at most 1 MB of them; older ones are at `GET
    /api/state?before=`. Without it the oldest that the client lacks come first, at most 500 and 1 MB of them."""


class PingFrame(BaseModel):
    """Keep the connection and its session alive; send one at least every 5 minutes."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["ping"] = "ping"
    """Which frame this is."""


class AuthFrame(BaseModel):
    """Keep the connection open beyond the token by which it was opened; the answer is a `pong`."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["auth"] = "auth"
    """Which frame this is."""
    ticket: Annotated[str, Field(max_length=128)]
    """One of `POST /api/ticket`, got by a newer token of the same owner for the same session."""


ClientFrame = Annotated[SyncFrame | PingFrame | AuthFrame, Field(discriminator="type")]
CLIENT_FRAME: TypeAdapter[Any] = TypeAdapter(ClientFrame)

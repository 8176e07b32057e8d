"""Split a state into frames that fit the size limit. `sync` and the worker's push use these pure functions; all
frames are returned encoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic_core import to_json

from forge.models import public
from forge.models.frame import FRAME_BYTES_LIMIT, Have, StateFrame, TextFrame
from forge.models.message import Message
from forge.models.session import Catalog, Session
from forge.models.views import Hot, PublicApproval, PublicAsk, PublicMessage, QueuedMessage
from forge.models.wallet_review import NOT_HERE

HOT_BYTES_LIMIT = 16_000
"""Half a frame, so that there is always room for messages next to the hot state."""

_DATA_SHOWN = 10
"""Number of characters that are kept of an approval's call data when it is cut: the function's selector."""
_LONGEST_CHARACTER = 6
"""Bytes of a control character in JSON, `\\u0000`; every other character takes fewer."""


def state_frames(hot: Hot, messages: Sequence[PublicMessage], first_seq: int = 0) -> list[str]:
    """Return `state` frames that carry `messages` in order, at least one; `text` frames continue a long message.

    The continuation (attempt 0) follows the `state` frame that holds the beginning of the message.
    """
    empty = StateFrame(**dict(_fitting_hot(hot)), first_seq=first_seq)
    room = FRAME_BYTES_LIMIT - len(to_json(empty))
    frames: list[str] = []
    for batch, cut in _batches(messages, room):
        frames.append(empty.model_copy(update={"messages": batch}).model_dump_json())
        if cut and cut.seq is not None:
            begun = len(batch[-1].content)
            frames += text_frames(hot.session_id, hot.generation, cut.seq, 0, begun, cut.content[begun:])
    return frames or [empty.model_dump_json()]


def text_frames(
    session_id: str, generation: int, seq: int, attempt: int, offset: int, text: str
) -> list[str]:
    """Return `text` frames of `text`, whose first character is character `offset` of message `seq`; none if `text` is
    empty.
    """
    if not text:
        return []
    frame = TextFrame(
        session_id=session_id, generation=generation, seq=seq, attempt=attempt, offset=offset, text=text
    )
    if len(whole := frame.model_dump_json()) * _LONGEST_CHARACTER <= FRAME_BYTES_LIMIT:
        return [whole]
    empty = frame.model_copy(update={"offset": offset + len(text), "text": ""})
    room = FRAME_BYTES_LIMIT - len(to_json(empty))
    frames: list[str] = []
    while text:
        taken = fitting_length(text, room)
        frames.append(frame.model_copy(update={"offset": offset, "text": text[:taken]}).model_dump_json())
        text, offset = text[taken:], offset + taken
    return frames


def sync_start(session: Session, have: Have) -> int:
    """Return the first message that a client with `have` lacks: message 0 if the client has data of another
    generation.
    """
    is_foreign = have.generation != session.generation or have.messages > session.message_count
    return 0 if is_foreign else have.messages


def sync_frames(
    session: Session, missing: Sequence[Message], text: str, have: Have, catalog: Catalog | None
) -> list[str]:
    """Return frames for everything beyond `have`. `missing`: the log from `sync_start` on, or its first or newest
    messages; `text`: the whole streaming text so far.
    """
    messages = [public.public_message(message) for message in missing]
    opening = session.input_message()
    held = missing[-1].seq + 1 if missing else sync_start(session, have)
    if opening and held >= session.logged and opening.seq >= sync_start(session, have):
        messages.append(public.public_message(opening))
    first = messages[0].seq or 0 if messages else 0
    left_out = first if first > sync_start(session, have) else 0
    frames = state_frames(public.hot(session, catalog), messages, left_out)
    if session.active is None:
        return frames
    generation, seq, attempt = session.generation, session.text_seq, session.active.attempt
    is_same = (have.generation, have.seq, have.attempt) == (generation, seq, attempt)
    offset = have.length if is_same and have.length <= len(text) else 0
    return frames + text_frames(session.key.session_id, generation, seq, attempt, offset, text[offset:])


def fitting_length(text: str, room: int) -> int:
    """Return how many characters of `text` fit into `room` bytes of a JSON string (without its quotes); at least 1."""
    if len(text) * _LONGEST_CHARACTER <= room:
        return len(text)
    low, high = 1, min(len(text), max(room, 1))
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(to_json(text[:middle])) - 2 <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def _batches(
    messages: Sequence[PublicMessage], room: int
) -> Iterator[tuple[list[PublicMessage], PublicMessage | None]]:
    """Yield the messages of one frame each. The second value is the whole last message if only its beginning fits."""
    batch: list[PublicMessage] = []
    used = 0
    for message in messages:
        fitting = _fitting_message(message, room)
        size = len(to_json(fitting)) + 1
        if used + size > room and batch:
            yield batch, None
            batch, used = [], 0
        batch.append(fitting)
        used += size
        if len(fitting.content) < len(message.content):
            yield batch, message
            batch, used = [], 0
    if batch:
        yield batch, None


def _fitting_message(message: PublicMessage, room: int) -> PublicMessage:
    """Return `message`, or as much of its content as one frame holds."""
    if len(to_json(message)) < room:
        return message
    if message.tool and message.tool.arguments:
        tool = message.tool.model_copy(update={"arguments": None, "truncated": True})
        return _fitting_message(message.model_copy(update={"tool": tool}), room)
    rest = room - len(to_json(message.model_copy(update={"content": ""}))) - 1
    return message.model_copy(update={"content": message.content[: fitting_length(message.content, rest)]})


def _fitting_hot(hot: Hot) -> Hot:
    """Return `hot`, or a preview of its long parts; `GET /api/state` returns the whole parts."""
    for limit in (4_000, 1_000, 100):
        if len(to_json(hot)) <= HOT_BYTES_LIMIT:
            return hot
        hot = hot.model_copy(
            update={
                "pending_wallet_tx": None,
                "queued": [_preview_queued(queued, limit) for queued in hot.queued],
                "approvals": [_preview_approval(approval, limit) for approval in hot.approvals],
                "asks": [_preview_ask(ask, limit) for ask in hot.asks],
                "notices": [notice[:limit] for notice in hot.notices[:10]],
            }
        )
    return hot


def _preview_queued(queued: QueuedMessage, limit: int) -> QueuedMessage:
    if len(queued.content) <= limit:
        return queued
    return queued.model_copy(update={"content": queued.content[:limit], "truncated": True})


def _preview_approval(approval: PublicApproval, limit: int) -> PublicApproval:
    """Cut the request as a whole or not at all, because cut data next to a whole summary would look like the request
    itself.
    """
    if len(to_json(approval)) <= limit:
        return approval
    return approval.model_copy(
        update={
            "data": approval.data[:_DATA_SHOWN],
            "calls": [],
            "decoded": _beginning(approval.decoded, limit),
            "simulation": _beginning(approval.simulation, limit),
            "review": NOT_HERE,
            "truncated": True,
        }
    )


def _preview_ask(ask: PublicAsk, limit: int) -> PublicAsk:
    if len(to_json(ask)) <= limit:
        return ask
    return ask.model_copy(update={"arguments": None, "truncated": True})


def _beginning(text: str | None, limit: int) -> str | None:
    return text[: limit // 4] if text else text

"""Builds a conversation frame by frame with a pure function.

If the network drops, repeats, delays or reorders frames, the texts still end equal to the server's, because a
finished message never changes, every text frame contains its position, and `Conversation.needs_sync` shows when
something is missing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from forge_client.conversation import Conversation, Stream
from forge_client.frames import (
    ErrorFrame,
    Hot,
    Message,
    PongFrame,
    SessionExpiredFrame,
    State,
    StateFrame,
    TextFrame,
)

PENDING_LIMIT = 256
"""Number of text frames beyond a gap that are kept. They are needed, because the text in an answer to `sync` is
behind the pushed text.
"""

Frame = State | StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame


def apply(conversation: Conversation, frame: Frame) -> Conversation:
    """Return the conversation after `frame`. Frames of an earlier generation change nothing."""
    match frame:
        case State():
            return _state(conversation, frame)
        case TextFrame():
            return _text(conversation, frame)
        case SessionExpiredFrame():
            ended = frame.generation >= conversation.generation
            return replace(conversation, expired=conversation.expired or ended)
        case PongFrame():
            return replace(conversation, server_rev=max(conversation.server_rev, frame.rev or 0))
        case ErrorFrame():
            return conversation
        case _:
            assert_never(frame)


def _state(conversation: Conversation, state: State) -> Conversation:
    if state.rev == 0:
        return _absent(conversation, state)
    if _is_new_generation(conversation, state):
        kept = tuple(frame for frame in conversation.pending if frame.generation == state.generation)
        conversation = Conversation(
            generation=state.generation, pending=kept, server_rev=conversation.server_rev
        )
    elif state.generation < conversation.generation:
        return conversation
    if state.first_seq > conversation.whole:
        conversation = _leaving_out(conversation, state.first_seq)
    for message in state.messages:
        conversation = _message(conversation, state, message)
    if state.rev >= conversation.rev:
        conversation = _hot(conversation, state)
    return _settle(replace(conversation, expired=False, doubted=False))


def _leaving_out(conversation: Conversation, first: int) -> Conversation:
    """The server left out messages before `first`, so older messages here would have a gap after them and are
    dropped.
    """
    finished = {seq: message for seq, message in conversation.finished.items() if seq >= first}
    return replace(conversation, finished=finished, first=first, whole=first)


def _is_new_generation(conversation: Conversation, state: State) -> bool:
    if state.generation == conversation.generation:
        return False
    # The numbers of an expired session may start again once the table has deleted it.
    return state.generation > conversation.generation or conversation.expired


def _absent(conversation: Conversation, state: State) -> Conversation:
    """The server knows no such session, so the shown session, if any, has expired.

    The first such answer may have been sent before the session began and arrived late. A second one, after a sync,
    counts.
    """
    if conversation.generation == 0:
        return replace(conversation, hot=_hot_part(state))
    return replace(conversation, doubted=True, expired=conversation.expired or conversation.doubted)


def _hot(conversation: Conversation, state: State) -> Conversation:
    """Streaming text that is neither in the log nor part of the run in progress is dropped."""
    run, ended = state.active_run, state.message_count
    streams = {
        seq: stream
        for seq, stream in conversation.streams.items()
        if seq < ended or (run and (seq != run.seq or stream.attempt >= run.attempt))
    }
    return replace(
        conversation,
        hot=_hot_part(state),
        streams=streams,
        pending=tuple(frame for frame in conversation.pending if run or frame.seq < ended),
        server_rev=max(conversation.server_rev, state.rev),
    )


def _hot_part(state: State) -> Hot:
    return Hot.model_construct(**{name: getattr(state, name) for name in Hot.model_fields})


def _message(conversation: Conversation, state: State, message: Message) -> Conversation:
    if message.seq is None:
        return conversation
    if message.is_streaming:
        attempt = state.active_run.attempt if state.active_run else 1
        return _streamed(conversation, message.seq, attempt, message.content)
    known = conversation.finished.get(message.seq)
    if known and len(known.content) >= len(message.content):
        return conversation
    return replace(conversation, finished={**conversation.finished, message.seq: message})


def _streamed(conversation: Conversation, seq: int, attempt: int, text: str) -> Conversation:
    """The whole streaming text so far (HTTP and SSE); it replaces older text here."""
    stream = conversation.streams.get(seq)
    if stream and (stream.attempt, len(stream.text)) >= (attempt, len(text)):
        return conversation
    return replace(conversation, streams={**conversation.streams, seq: Stream(attempt, text)})


def _text(conversation: Conversation, frame: TextFrame) -> Conversation:
    if frame.generation < conversation.generation:
        return conversation
    places = {_place(waiting): waiting for waiting in (*conversation.pending, frame)}
    return _settle(replace(conversation, pending=tuple(places[place] for place in sorted(places))))


def _place(frame: TextFrame) -> tuple[int, int, int, int, int]:
    return frame.generation, frame.seq, frame.attempt, frame.offset, len(frame.text)


def _settle(conversation: Conversation) -> Conversation:
    """Apply the frames that fit now, and drop those that are outdated."""
    left: list[TextFrame] = []
    for frame in conversation.pending:
        conversation, fits = _fit(conversation, frame)
        if not fits:
            left.append(frame)
    finished, whole = conversation.finished, conversation.whole
    while (message := finished.get(whole)) and message.is_whole:
        whole += 1
    streams = {seq: stream for seq, stream in conversation.streams.items() if seq not in finished}
    return replace(conversation, pending=tuple(left[:PENDING_LIMIT]), streams=streams, whole=whole)


def _fit(conversation: Conversation, frame: TextFrame) -> tuple[Conversation, bool]:
    """The second value: the frame is done, because it was applied or is outdated."""
    if frame.generation != conversation.generation:
        return conversation, False
    if message := conversation.finished.get(frame.seq):
        return _continue(conversation, message, frame), frame.attempt != 0 or frame.offset <= len(
            message.content
        )
    if frame.attempt == 0:
        return conversation, False
    stream = conversation.streams.get(frame.seq, Stream(0, ""))
    run = conversation.hot.active_run if conversation.hot else None
    current = run.attempt if run and run.seq == frame.seq else 0
    if frame.attempt < max(stream.attempt, current):
        return conversation, True
    text = stream.text if frame.attempt == stream.attempt else ""
    if frame.offset > len(text):
        return conversation, False
    text += frame.text[len(text) - frame.offset :]
    return replace(
        conversation, streams={**conversation.streams, frame.seq: Stream(frame.attempt, text)}
    ), True


def _continue(conversation: Conversation, message: Message, frame: TextFrame) -> Conversation:
    content = message.content
    if frame.attempt != 0 or not frame.offset <= len(content) < frame.offset + len(frame.text):
        return conversation
    content += frame.text[len(content) - frame.offset :]
    longer = message.model_copy(update={"content": content})
    return replace(conversation, finished={**conversation.finished, frame.seq: longer})

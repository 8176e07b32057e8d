"""The receiver's rules of `TextFrame` and `StateFrame`, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from forge.models.frame import Have as ServerHave
from forge_client.conversation import Conversation
from forge_client.frames import SERVER_FRAME, SessionExpiredFrame, StateFrame, TextFrame
from forge_client.reduce import PENDING_LIMIT, apply
from forge_client.sent_frames import Have
from tests.fake_server.session import SimulatedSession


@pytest.fixture
def frames() -> list[str]:
    return []


@pytest.fixture
def server(frames: list[str]) -> SimulatedSession:
    session = SimulatedSession(push=frames.append)
    session.accept("hello")
    session.claim()
    return session


def heard(*frames: str) -> Conversation:
    conversation = Conversation()
    for frame in frames:
        conversation = apply(conversation, SERVER_FRAME.validate_json(frame))
    return conversation


def streamed(offset: int, content: str, attempt: int = 1, generation: int = 1) -> str:
    return TextFrame(
        session_id="simulated", generation=generation, seq=1, attempt=attempt, offset=offset, text=content
    ).model_dump_json()


def text_of(conversation: Conversation, seq: int = 1) -> str:
    return next((message.content for message in conversation.messages if message.seq == seq), "")


def test_a_frame_at_the_end_is_appended(server: SimulatedSession, frames: list[str]) -> None:
    assert text_of(heard(*frames, streamed(0, "one "), streamed(4, "two"))) == "one two"


def test_an_overlap_is_trimmed(server: SimulatedSession, frames: list[str]) -> None:
    assert text_of(heard(*frames, streamed(0, "one "), streamed(2, "e two"))) == "one two"
    assert text_of(heard(*frames, streamed(0, "one two"), streamed(2, "e "))) == "one two"


def test_offsets_count_code_points(server: SimulatedSession, frames: list[str]) -> None:
    assert text_of(heard(*frames, streamed(0, "😀é"), streamed(2, "👍"))) == "😀é👍"


def test_a_frame_beyond_the_end_asks_for_a_sync_and_waits(
    server: SimulatedSession, frames: list[str]
) -> None:
    gapped = heard(*frames, streamed(0, "one "), streamed(8, "three"))
    assert gapped.needs_sync
    assert text_of(gapped) == "one "
    assert gapped.have == Have(generation=1, messages=1, seq=1, attempt=1, length=4)
    healed = apply(gapped, SERVER_FRAME.validate_json(streamed(4, "two ")))
    assert text_of(healed) == "one two three"
    assert not healed.needs_sync


def test_a_new_attempt_starts_the_text_again_and_the_old_one_is_ignored(
    server: SimulatedSession, frames: list[str]
) -> None:
    again = heard(*frames, streamed(0, "first try"), streamed(0, "second", attempt=2), streamed(9, "!"))
    assert text_of(again) == "second"
    assert not again.has_gap


def test_a_state_of_the_next_attempt_drops_the_text_of_the_last(
    server: SimulatedSession, frames: list[str]
) -> None:
    server.write("first try")
    server.take_over()
    assert text_of(heard(*frames)) == ""
    assert text_of(heard(*frames, streamed(9, " late"))) == ""


def test_an_older_generation_changes_nothing(server: SimulatedSession, frames: list[str]) -> None:
    older = list(frames)
    server.finish()
    server.expire()
    server.accept("anew")
    server.claim()
    conversation = heard(*frames)
    assert [message.content for message in conversation.messages] == ["anew"]
    for frame in [*older, streamed(0, "ghost")]:
        assert apply(conversation, SERVER_FRAME.validate_json(frame)) == conversation


def test_an_older_revision_brings_its_messages_but_not_its_flags(
    server: SimulatedSession, frames: list[str]
) -> None:
    server.write("answer")
    server.finish()
    opening, _, final = frames
    conversation = heard(final, opening)
    assert conversation.hot is not None
    assert not conversation.hot.is_processing
    assert [message.content for message in conversation.messages] == ["hello", "answer"]


def test_a_long_message_is_continued_by_text_frames_in_any_order(
    server: SimulatedSession, frames: list[str]
) -> None:
    long = "".join(f"{number} " for number in range(20_000))
    server.write(long)
    frames.clear()
    server.finish()
    state, *rest = frames
    assert len(rest) > 1
    for order in (rest, rest[::-1], [*rest, *rest]):
        conversation = heard(*server.sync(ServerHave())[:1], state, *order)
        assert text_of(conversation) == long
        assert not conversation.needs_sync


def test_the_rest_of_a_message_may_overlap_what_is_here(server: SimulatedSession, frames: list[str]) -> None:
    server.write("x" * 40_000 + "the end")
    frames.clear()
    server.finish()
    state = StateFrame.model_validate_json(frames[0])
    begun = len(state.messages[0].content)
    rest = streamed(begun - 10, "x" * (40_010 - begun) + "the end", attempt=0)
    assert text_of(heard(frames[0], rest)) == "x" * 40_000 + "the end"


def test_a_missing_message_is_noticed(server: SimulatedSession, frames: list[str]) -> None:
    server.end_message(server.draft("system", "tool: a | args: {}", "tool_call"))
    frames.pop()
    server.end_message(server.draft("system", "42", "tool_result"))
    conversation = heard(*frames)
    assert conversation.needs_sync
    assert conversation.have == Have(generation=1, messages=1)
    healed = heard(*frames, *server.sync(ServerHave(**conversation.have.model_dump())))
    assert [message.content for message in healed.messages] == ["hello", "tool: a | args: {}", "42"]


@pytest.mark.slow
def test_frames_that_never_fit_are_kept_only_up_to_a_limit(
    server: SimulatedSession, frames: list[str]
) -> None:
    conversation = heard(*frames, *(streamed(10 * number + 5, "x") for number in range(PENDING_LIMIT + 50)))
    assert len(conversation.pending) == PENDING_LIMIT


def test_an_expired_session_is_marked_until_its_next_message(
    server: SimulatedSession, frames: list[str]
) -> None:
    ended = SessionExpiredFrame(session_id="simulated", generation=1).model_dump_json()
    expired = heard(*frames, ended)
    assert expired.expired
    assert [message.content for message in expired.messages] == ["hello"]
    server.expire()
    frames.clear()
    server.accept("anew")
    server.claim()
    revived = apply(expired, SERVER_FRAME.validate_json(frames[0]))
    assert not revived.expired
    assert [message.content for message in revived.messages] == ["anew"]


def test_that_a_session_is_gone_counts_when_it_is_said_twice(
    server: SimulatedSession, frames: list[str]
) -> None:
    server.expire()
    frames.pop()
    absent = server.sync(ServerHave())
    doubted = heard(*frames, *absent)
    assert doubted.needs_sync
    assert not doubted.expired
    assert heard(*frames, *absent, *absent).expired


def test_an_answer_from_before_the_session_began_does_no_harm(
    server: SimulatedSession, frames: list[str]
) -> None:
    absent = SimulatedSession().sync(ServerHave())
    opening = frames[0]
    late = heard(opening, *absent, opening)
    assert not late.needs_sync
    assert not late.expired


def ended(seq: int) -> dict[str, Any]:
    content = f"message {seq}"
    return {"seq": seq, "sender": "agent", "kind": "text", "content": content, "length": len(content)} | {
        "timestamp": "00:00:00 +00:00",
        "created_at": "2026-11-26T00:00:00.000Z",
    }


def test_what_the_server_leaves_out_is_not_asked_for_by_sync(
    server: SimulatedSession, frames: list[str]
) -> None:
    known = heard(*frames)
    assert known.hot
    state = StateFrame.model_validate(
        {
            **known.hot.model_dump(),
            "rev": known.rev + 1,
            "message_count": 9,
            "first_seq": 7,
            "messages": [ended(7), ended(8)],
        }
    )
    conversation = apply(known, state)
    assert [message.seq for message in conversation.messages if message.seq is not None][:2] == [7, 8]
    assert (conversation.first, conversation.whole) == (7, 9)
    assert not conversation.needs_sync

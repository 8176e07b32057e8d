from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from forge.models import public
from forge.models.frame import FRAME_BYTES_LIMIT, Have, TextFrame
from forge.models.framing import fitting_length, state_frames, sync_frames, sync_start, text_frames
from forge.models.message import Message, ToolDisplay
from forge.models.run import ActiveRun, Submission
from forge.models.session import Session
from forge.models.session_key import SessionKey
from tests.properties import examples

KEY = SessionKey("anonymous", "s")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).map(lambda text: text * 300)


def message(seq: int, content: str, tool: ToolDisplay | None = None) -> Message:
    return Message(seq=seq, sender="agent", content=content, created_at=1_700_000_000_000, tool=tool)


def session(logged: int = 0, **fields: Any) -> Session:
    times = {"created_at": 1, "last_activity_at": 1, "expires_at": 2_000_000_000}
    return Session(key=KEY, generation=7, rev=3, network="testnet", logged=logged, **times, **fields)


def running(content: str, text: str, attempt: int = 1) -> ActiveRun:
    submission = Submission(run_id="0" * 32, content=content, created_at=5)
    return ActiveRun(
        submission=submission, attempt=attempt, fence=1, worker="w", lease_until=9, started_at=6, text=text
    )


def received(frames: list[str]) -> dict[int, str]:
    """What a client that applies `frames` in order holds, by sequence number."""
    contents: dict[int, str] = {}
    for frame in map(json.loads, frames):
        if frame["type"] == "state":
            contents |= {m["seq"]: m["content"] for m in frame["messages"]}
        else:
            assert frame["offset"] == len(contents.get(frame["seq"], ""))
            contents[frame["seq"]] = contents.get(frame["seq"], "") + frame["text"]
    return contents


@examples(60)
@given(st.lists(TEXTS, max_size=6))
def test_every_frame_fits_and_together_they_carry_every_message_whole(contents: list[str]) -> None:
    log = [public.public_message(message(seq, content)) for seq, content in enumerate(contents)]
    frames = state_frames(public.hot(session(len(log)), None), log)
    assert all(len(frame.encode()) <= FRAME_BYTES_LIMIT for frame in frames)
    assert received(frames) == dict(enumerate(contents))


@examples(60)
@given(TEXTS, st.integers(0, 10**7))
def test_text_frames_fit_and_follow_each_other(text: str, offset: int) -> None:
    frames = [TextFrame.model_validate_json(frame) for frame in text_frames("s", 1, 2, 3, offset, text)]
    assert "".join(frame.text for frame in frames) == text
    for frame in frames:
        assert len(frame.model_dump_json().encode()) <= FRAME_BYTES_LIMIT
        assert frame.offset == offset
        offset += len(frame.text)


@examples(100)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(6, 200))
def test_fitting_length_is_the_longest_prefix_that_fits(text: str, room: int) -> None:
    taken = fitting_length(text, room)
    assert len(json.dumps(text[:taken], ensure_ascii=False).encode()) - 2 <= room or taken == 1
    assert (
        taken == len(text) or len(json.dumps(text[: taken + 1], ensure_ascii=False).encode()) - 2 > room - 6
    )


def test_a_state_without_new_messages_is_one_frame() -> None:
    (frame,) = state_frames(public.hot(session(), None), [])
    assert json.loads(frame)["messages"] == []


def test_a_full_inbox_is_previewed_in_frames() -> None:
    inbox = [Submission(run_id=f"{n:032x}", content="\u0001" * 16_000, created_at=1) for n in range(10)]
    (frame,) = state_frames(public.hot(session(inbox=inbox), None), [])
    assert len(frame.encode()) <= FRAME_BYTES_LIMIT
    assert [queued["truncated"] for queued in json.loads(frame)["queued"]] == [True] * 10


def test_large_tool_arguments_leave_room_for_the_message() -> None:
    tool = ToolDisplay(call_id="1", name="call", arguments={"data": "x" * 40_000})
    log = [public.public_message(message(0, "tool: call", tool))]
    (frame,) = state_frames(public.hot(session(1), None), log)
    assert json.loads(frame)["messages"][0]["tool"]["truncated"] is True


def test_sync_brings_only_what_the_client_lacks() -> None:
    active = running("question", "hello world")
    here = session(2, active=active)
    have = Have(generation=7, messages=3, seq=3, attempt=1, length=6)
    state, text = map(json.loads, sync_frames(here, [], "hello world", have, None))
    assert state["messages"] == []
    assert (text["seq"], text["offset"], text["text"]) == (3, 6, "world")


def test_sync_starts_again_for_a_client_of_an_older_generation() -> None:
    here = session(1, active=running("question", "hello", attempt=2))
    have = Have(generation=6, messages=1, seq=2, attempt=2, length=3)
    assert sync_start(here, have) == 0
    frames = sync_frames(here, [message(0, "first")], "hello", have, None)
    assert received(frames) == {0: "first", 1: "question", 2: "hello"}


def test_sync_sends_the_text_of_a_new_attempt_from_its_beginning() -> None:
    here = session(1, active=running("question", "again", attempt=2))
    have = Have(generation=7, messages=2, seq=2, attempt=1, length=3)
    text = json.loads(sync_frames(here, [], "again", have, None)[-1])
    assert (text["attempt"], text["offset"], text["text"]) == (2, 0, "again")

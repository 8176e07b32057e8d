"""How many frames one connection gets, in virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from forge.models.session import Catalog, Session
from forge.models.session_key import SessionKey
from tests.virtual_loop import run_in_virtual_time
from worker.push.feed import Feed
from worker.push.frame_pace import PACES, FramePace
from worker.push.sender import Sender
from worker.push.ticks import TICK_SECONDS, Ticks

TOKENS, PER_SECOND = 200, 50
SESSION = Session(
    key=SessionKey("a", "s"),
    generation=1,
    rev=1,
    network="testnet",
    created_at=0,
    last_activity_at=0,
    expires_at=1,
)


@dataclass
class Connections:
    """Each post takes `seconds`."""

    seconds: float
    frames: list[bytes] = field(default_factory=list[bytes])
    times: list[float] = field(default_factory=list[float])

    async def post(self, connection_id: str, frame: bytes) -> None:
        self.frames.append(frame)
        self.times.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.seconds)


async def is_gone(_connection_id: str) -> bool:
    return True


async def answer(connections: Connections, pace: FramePace, after: float = 0) -> None:
    """Show an answer that takes four seconds."""
    await asyncio.sleep(after)
    feed = Feed(Catalog)
    feed.show(SESSION, [])
    sender = Sender("c", feed, connections, PACES[pace], Ticks(), is_gone)
    sending = asyncio.create_task(sender.run())
    for _ in range(TOKENS):
        feed.add_text("word ")
        await asyncio.sleep(1 / PER_SECOND)
    await sender.is_idle.wait()
    sending.cancel()


def frames(pace: FramePace, seconds: float) -> list[bytes]:
    """Those with text of one answer."""
    connections = Connections(seconds)
    run_in_virtual_time(lambda: answer(connections, pace))
    return [frame for frame in connections.frames if b'"type":"text"' in frame]


@pytest.mark.parametrize("pace", PACES)
def test_a_computer_that_has_time_pushes_at_the_pace_s_own_pauses(pace: FramePace):
    at_once = len(frames(pace, 0.0))
    assert len(frames(pace, 0.01)) in {at_once, at_once - 1}  # the last text may or may not wait


def test_a_long_answer_is_pushed_ten_times_a_second_by_a_computer_that_has_time():
    pace = PACES["smooth"]
    assert pace.pause(streamed=60, sending=0.001) == pace.steady == 0.1
    assert pace.pause(streamed=60, sending=0.1) == pytest.approx(0.2)
    assert pace.pause(streamed=60, sending=1) == pace.longest


def test_where_frames_take_long_fewer_of_them_carry_more():
    quick, slow = frames("smooth", 0.01), frames("smooth", 0.1)
    assert len(slow) <= 4 / 0.2 + 2 < len(quick) / 1.5
    assert b"".join(slow).count(b"word") == b"".join(quick).count(b"word") == TOKENS


def test_text_waits_no_longer_than_the_pace_s_longest_pause_however_slow_frames_are():
    assert len(frames("smooth", 0.2)) >= 4 / PACES["smooth"].longest - 1


@pytest.mark.slow
@pytest.mark.parametrize("pace", PACES)
def test_frames_of_answers_that_began_at_different_moments_leave_at_the_same_moments(pace: FramePace):
    connections = Connections(0.001)

    async def answers() -> None:
        await asyncio.gather(*(answer(connections, pace, after=number * 0.0123) for number in range(20)))

    run_in_virtual_time(answers)
    begun = connections.times[0] + 1  # each answer's first frames do not wait
    ticks = [time / TICK_SECONDS for time in connections.times if time > begun]
    assert ticks == pytest.approx([round(tick) for tick in ticks], rel=1e-9)
    assert len(set(map(round, ticks))) < len(ticks) * 2 / 3

"""A worker's places are shared: a caller that holds many leaves some, and a waiting message is neither lost nor
reordered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.messages import UserPromptPart

from forge.models.run import CommandMessage, RunMessage
from forge.models.session_key import ANONYMOUS, SessionKey
from tests.unlisted import tried
from tests.worker.stage import KEY, Stage, playing
from worker.runs.fair_share import HELD_PER_FREE, LONGEST_PAUSE, Places, holder_of, pause_after
from worker.runs.queue_calls import RENEWED_RECEIVES

CROWD = 18
SHARE = 15
"""What one caller alone may hold of them."""


@given(st.integers(1, 200), st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=400))
def test_nobody_takes_the_last_place_beside_one_that_they_have(
    count: int, steps: list[tuple[int, bool]]
) -> None:
    tried("takers of places", (count, steps))
    places, held = Places(count), [0] * 7
    for who, takes in steps:
        free = count - sum(held)
        if takes and free:
            before = held[who]
            if places.take(str(who)):
                held[who] += 1
                assert before == 0 or held[who] <= HELD_PER_FREE * (free - 1)
            else:
                assert before  # who has none is never put off
        elif not takes and held[who]:
            places.give_back(str(who))
            held[who] -= 1
    for who in range(7):
        assert places.is_fair(str(who)) is (held[who] <= max(1, HELD_PER_FREE * (count - sum(held))))


def run_message(owner: str, session_id: str, payer: str = "") -> RunMessage:
    return RunMessage(owner=owner, session_id=session_id, generation=1, run_id="1" * 32, payer=payer)


def test_a_place_is_charged_to_its_payer_whatever_sessions_they_make_up() -> None:
    assert holder_of(run_message(ANONYMOUS, "a", "p")) == holder_of(run_message(ANONYMOUS, "b", "p"))
    assert holder_of(run_message("alice", "a")) == holder_of(run_message("alice", "b"))
    assert holder_of(run_message(ANONYMOUS, "a")) != holder_of(run_message(ANONYMOUS, "b"))
    assert holder_of(CommandMessage(command_id="1" * 32, payer="p")) == "p"


def test_what_is_put_off_comes_later_each_time_and_never_becomes_a_dead_letter() -> None:
    pauses = [pause_after(receives) for receives in range(1, 100)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert RENEWED_RECEIVES < 100


@pytest.mark.slow
async def test_a_crowd_of_one_caller_leaves_places_and_all_of_it_is_answered_in_order(stage: Stage) -> None:
    inside, most, may_end = 0, 0, asyncio.Event()

    async def answer(messages: list[Any], _info: Any) -> AsyncIterator[str]:
        nonlocal inside, most
        said = str(next(p.content for p in reversed(messages[-1].parts) if isinstance(p, UserPromptPart)))
        if said.startswith("crowd"):
            inside += 1
            most = max(most, inside)
            await may_end.wait()
            inside -= 1
        yield f"heard {said}"

    stage.llm = playing(answer)
    crowd = [SessionKey(ANONYMOUS, f"crowd{number}") for number in range(CROWD)]
    for key in crowd:
        await stage.say("crowd", key, payer="one address")
    await stage.say("crowd again", crowd[0], payer="one address")
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("hi", KEY, payer="another"))
    assert seen.messages[-1].content == "heard hi"
    assert 0 < most <= SHARE
    pages = [await stage.open_page(f"c{number}=", key) for number, key in enumerate(crowd)]
    may_end.set()
    for each in pages:
        await each.until(lambda known: bool(known.hot and not known.hot.queued and not known.hot.active_run))
    assert most <= SHARE
    texts = [content for _, content in await stage.log(crowd[0])]
    assert texts == ["crowd", "heard crowd", "crowd again", "heard crowd again"]
    assert {(await stage.session(key)).recent.popitem()[1] for key in crowd} == {"completed"}

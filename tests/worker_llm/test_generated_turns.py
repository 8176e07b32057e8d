"""Generated turns: stored and replayed, ended in any way, damaged in transit."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from tests.properties import examples
from tests.unlisted import tried
from tests.worker_llm import conversation, damage, wires
from tests.worker_llm import test_openai as chat
from tests.worker_llm.conversation import Conversation, Stage
from tests.worker_llm.provider_server import Reply, stream
from worker.agent.failure_messages import describe

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        async with conversation.stage(*wires.WIRES) as made:
            yield made


ANYTHING = st.text(st.characters(codec="utf-8"), max_size=12)
ACCOUNTS = st.sampled_from(["Alice", "Bob", "Eve"])
ARGUMENTS = st.one_of(
    ACCOUNTS.map(lambda who: json.dumps({"who": who})),
    ANYTHING,
    st.dictionaries(ANYTHING, st.integers() | ANYTHING | st.floats(), max_size=3).map(json.dumps),
    st.lists(st.integers()).map(json.dumps),
)
TURNS = st.lists(
    st.tuples(ANYTHING | st.sampled_from(["a", "b"]), ANYTHING | st.just("balance"), ARGUMENTS),
    min_size=1,
    max_size=4,
)


@examples(70)
@given(made=TURNS, source=st.sampled_from(wires.WIRES), target=st.sampled_from(wires.WIRES))
async def test_a_conversation_survives_any_turn(
    stage: Stage, made: list[wires.Call], source: str, target: str
) -> None:
    tried("turns of an LLM", (made, source, target))
    talk = stage.conversation()
    await talk.say(
        source, wires.calls(source, *made), wires.text(source, "Five."), wires.text(source, "Five.")
    )
    await talk.say(target, wires.text(target, "Here."))
    assert talk.refusals == []
    assert talk.answer == "Here."
    assert all(name == "balance" for name in talk.bank.names())


CUTS = st.sampled_from(["length", "content_filter", "error", "network_error", "", "drop", "cut"]) | st.text(
    st.characters(min_codepoint=97, max_codepoint=122), min_size=3, max_size=12
).map(lambda word: f"odd_{word}")
SEND = json.dumps({"to": "Bob", "from": "Alice", "value": "1"})


def cut_reply(chunks: list[bytes], end: str) -> Reply:
    if end in ("drop", "cut"):
        return stream(chunks, cut=end == "cut")
    return wires.chat(chunks, end or None)


@examples(70)
@given(
    sends=st.integers(1, 3),
    kept=st.integers(0, 60),
    end=CUTS,
    said=st.text(st.characters(codec="ascii", categories=["L"]), max_size=8),
    usages=st.lists(st.integers(0, 5), max_size=3),
)
async def test_no_side_effect_of_an_answer_that_did_not_end_well(
    stage: Stage, sends: int, kept: int, end: str, said: str, usages: list[int]
) -> None:
    tried("ends of an answer", (sends, kept, end, said, usages))
    chunks = [chat.delta(content=said)] if said else []
    chunks += [wires.chat_call(number, f"c{number}", "send", SEND) for number in range(sends - 1)]
    chunks += [wires.chat_call(sends - 1, "last", "send", SEND[:kept])]
    for place in usages:
        chunks.insert(place, chat.usage())
    talk = stage.conversation()
    ended = await talk.say("chat", cut_reply(chunks, end), *[wires.chat([], None, usage=False)] * 4)
    assert talk.bank.calls == []
    assert ended.ending.outcome == "failed"
    assert talk.tokens == (40 if usages or end not in ("drop", "cut") else 0)
    await usable(talk)


async def usable(talk: Conversation) -> None:
    for wire in ("chat", "anthropic"):
        await talk.say(wire, wires.text(wire, "Here."))
        assert (talk.answer, talk.refusals) == ("Here.", [])


WHOLE = [("a", "balance", '{"who": "Alice"}'), ("b", "balance", '{"who": "Bob"}')]
VALUES = st.sampled_from([None, "", 0, 7, -1, "x", [], {}, True, 1.5, ["a"], [None], {"a": 1}, "\ud800"])


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, list[bytes], bool]:
    """A stream in which an event has another value somewhere, and others are missing or come twice; whether it ends."""
    wire, has_end = draw(st.sampled_from(wires.WIRES)), draw(st.booleans())
    frames, ends = wires.call_frames(wire, *WHOLE)
    frames = [*frames, *ends] if has_end else frames
    at = draw(st.integers(0, len(frames) - 1))
    if (body := damage.body_of(wire, frames[at])) is not None:
        path = draw(st.sampled_from(list(damage.paths(body))))
        frames[at] = damage.with_body(wire, frames[at], damage.replaced(body, path, draw(VALUES)))
    numbers = st.integers(0, len(frames) - 1)
    missing, twice = draw(st.sets(numbers, max_size=1)), draw(st.sets(numbers, max_size=1))
    kept = [[frame] * (1 + (number in twice)) for number, frame in enumerate(frames) if number not in missing]
    return wire, [frame for frames in kept for frame in frames], has_end


@pytest.mark.filterwarnings("ignore")
@examples(100)
@given(stream=damaged())
async def test_any_damaged_stream_ends_the_run_and_leaves_the_conversation_usable(
    stage: Stage, stream: tuple[str, list[bytes], bool]
) -> None:
    wire, frames, has_end = stream
    tried("damaged streams", (wire, frames))
    talk = stage.conversation()
    ended = await talk.say(wire, wires.played(wire, frames), *[wires.text(wire, "Five.")] * 6)
    assert ended.ending.outcome in ("completed", "failed")
    assert fault_is_told(talk)
    if not has_end:
        assert talk.bank.calls == []
    await usable(talk)


def fault_is_told(talk: Conversation) -> bool:
    return describe(Exception()) not in [notice.content for notice in talk.notices]

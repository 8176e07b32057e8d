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


@pytest.mark.slow
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


@pytest.mark.slow
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
    is_told = bool(usages) or end not in ("drop", "cut")
    assert talk.tokens == 40 if is_told else talk.tokens > 40
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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize(("wire", "field"), [("responses", b"call_id"), ("anthropic", b"id")])
async def test_a_call_with_an_id_that_is_no_text_leaves_the_conversation_usable(
    stage: Stage, wire: str, field: bytes
) -> None:
    frames, ends = wires.call_frames(wire, *WHOLE)
    old = b'"%s": "b"' % field
    odd = [frame.replace(old, b'"%s": ["b"]' % field) for frame in frames]
    talk = stage.conversation()
    await talk.say(wire, wires.played(wire, [*odd, *ends]), *[wires.text(wire, "Five.")] * 6)
    assert fault_is_told(talk)
    assert talk.bank.calls == []
    await usable(talk)


@pytest.mark.parametrize("wire", ["chat", "anthropic", "responses"])
async def test_half_of_a_surrogate_pair_in_the_arguments_costs_only_the_call(stage: Stage, wire: str) -> None:
    talk = stage.conversation()
    calls = wires.calls(wire, ("a", "balance", "\ud800"), ("b", "balance", '{"who": "Bob"}'))
    await talk.say(wire, calls, *[wires.text(wire, "Five.")] * 2)
    assert (talk.answer, talk.notices, talk.refusals) == ("Five.", [], [])
    assert [call["who"] for _, call in talk.bank.calls] == ["Bob"]
    await usable(talk)


def fault_is_told(talk: Conversation) -> bool:
    return describe(Exception()) not in [notice.content for notice in talk.notices]


NOISE = st.sampled_from(
    [
        b"data: \n\n",
        b"data: null\n\n",
        b"data: ping\n\n",
        b"data: []\n\n",
        b'data: "keep-alive"\n\n',
        b"data: 0\n\n",
        b": comment\n\n",
        b"event: ping\ndata: {}\n\n",
        b'data: {"cost": 0.1}\n\n',
        b'data: {"code": 0, "message": "ok"}\n\n',
    ]
)
DONE = st.sampled_from(
    [chat.DONE, b"", b'data: "[DONE]"\n\n', b"data:  [DONE] \n\n", b"data: [done]\n\n", b"data: DONE\n\n"]
)
ODD_FIELDS = st.dictionaries(
    st.sampled_from(
        ["created", "moderation", "service_tier", "usage", "model", "system_fingerprint", "error"]
    ),
    st.sampled_from([True, [], 7, 10**19, -1, "", None]),
    max_size=3,
)
"""`error` has no truthy text or object here: that would be an error."""


def spellings(reason: str) -> list[str]:
    joined = "".join(word.capitalize() for word in reason.split("_"))
    return [reason, reason.upper(), reason.replace("_", "-"), joined, f"FINISH_REASON_{reason.upper()}"]


@st.composite
def odd_but_whole(draw: st.DrawFn) -> tuple[list[bytes], list[str]]:
    """An answer in text or with a call, among events that mean nothing, with fields that we do not need in any form,
    and with its end told in one of the ways that gateways have; and the names of the tools that are called.
    """
    is_call, as_message = draw(st.booleans()), draw(st.booleans())
    fields = {name: value for name, value in draw(ODD_FIELDS).items() if name != "error" or not value}
    call = {"id": "a", "type": "function", "function": {"name": "balance", "arguments": '{"who": "Alice"}'}}
    said = {"tool_calls": [call]} if is_call else {"content": "Five."}
    finish = draw(st.sampled_from(spellings("tool_calls" if is_call else "stop")))
    bare = {"index": 0, "finish_reason": finish}
    frames = (
        [chat.chunk({**bare, "message": {"role": "assistant", **said}}, **fields)]
        if as_message
        else [
            chat.chunk({"index": 0, "delta": said, "finish_reason": None}, **fields),
            chat.chunk(draw(st.sampled_from([bare, {**bare, "delta": {}}, {**bare, "delta": None}]))),
        ]
    )
    for _ in range(draw(st.integers(0, 3))):
        frames.insert(draw(st.integers(0, len(frames))), draw(NOISE))
    return [*frames, draw(DONE)], ["balance"] if is_call else []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@examples(100)
@given(answer=odd_but_whole())
async def test_what_means_nothing_costs_the_answer_nothing(
    stage: Stage, answer: tuple[list[bytes], list[str]]
) -> None:
    frames, called = answer
    tried("whole answers in odd streams", frames)
    talk = stage.conversation()
    ended = await talk.say("chat", stream(frames), *[wires.text("chat", "Five.")] * len(called))
    assert (ended.ending.outcome, talk.answer, talk.notices) == ("completed", "Five.", [])
    assert talk.bank.names() == called

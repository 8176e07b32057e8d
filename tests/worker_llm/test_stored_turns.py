"""Every provider accepts the history that an LLM's malformed turn leaves, including other providers than its own."""

from __future__ import annotations

import pytest

from tests.properties import paired
from tests.worker_llm import wires
from tests.worker_llm.conversation import conversation
from tests.worker_llm.wires import Call, arguments

ALICE, BOB = arguments(who="Alice"), arguments(who="Bob")

TURNS: list[tuple[str, list[Call], list[str]]] = [
    ("crush#3121: two calls with one id", [("a", "balance", ALICE), ("a", "balance", BOB)], ["Alice", "Bob"]),
    ("pi#4854: an empty id and name", [("", "", ALICE)], []),
    ("movieclaw#224: a namespace before the name", [("a", "functions.balance", ALICE)], ["Alice"]),
    ("a space before the name", [("a", " balance", ALICE)], ["Alice"]),
    ("bifrost#5097: Kimi's id", [("functions.balance:0", "balance", ALICE)], ["Alice"]),
    ("camel#2215: an id of 64 characters", [("x" * 64, "balance", ALICE)], ["Alice"]),
    ("an id in another script", [("апи-1", "balance", ALICE)], ["Alice"]),
    ("a name in another script", [("a", "余额", ALICE)], []),
    ("a name of 80 characters", [("a", "b" * 80, ALICE)], []),
    ("a channel's token after the name", [("a", "balance<|channel|>json", ALICE)], ["Alice"]),
    ("arguments that are no JSON", [("a", "balance", '{"who": "Ali')], []),
    ("arguments that are a list", [("a", "balance", '["Alice"]')], []),
    ("arguments with NaN", [("a", "balance", '{"who": NaN}')], []),
]


PAIRS = paired(TURNS, [*wires.WIRES], 2)


@pytest.mark.hypothesis
@pytest.mark.parametrize(("turn", "target"), PAIRS, ids=[f"{turn[0]}-{target}" for turn, target in PAIRS])
async def test_conversation_goes_on_after_a_bad_turn(
    turn: tuple[str, list[Call], list[str]], target: str
) -> None:
    _, made, asked = turn
    async with conversation() as talk:
        first = await talk.say("chat", wires.calls("chat", *made), wires.text("chat", "Five."))
        assert (first.ending.outcome, talk.answer) == ("completed", "Five.")
        assert [call["who"] for _, call in talk.bank.calls] == asked
        second = await talk.say(target, wires.text(target, "Still here."))
        assert (second.ending.outcome, talk.answer) == ("completed", "Still here.")
        assert talk.refusals == []
        assert talk.notices == []


@pytest.mark.parametrize("source", wires.WIRES)
async def test_a_call_told_twice_with_its_id_is_made_once(source: str) -> None:
    send = ("a", "send", arguments(to="Bob", **{"from": "Alice"}, value="1"))
    async with conversation() as talk:
        await talk.say(source, wires.calls(source, send, send), wires.text(source, "Paid."))
        assert (talk.bank.names(), talk.answer) == (["send"], "Paid.")
        assert (await talk.say(source, wires.text(source, "Here."))).ending.outcome == "completed"
        assert talk.refusals == []


@pytest.mark.slow
@pytest.mark.parametrize("source", wires.WIRES)
async def test_ids_used_again_in_a_later_turn_are_made_unique(source: str) -> None:
    async with conversation() as talk:
        for _ in range(3):
            await talk.say(source, wires.calls(source, ("a", "balance", ALICE)), wires.text(source, "Five."))
        for target in wires.WIRES:
            assert (await talk.say(target, wires.text(target, "Here."))).ending.outcome == "completed"
        assert talk.refusals == []
        assert len(talk.bank.calls) == 3

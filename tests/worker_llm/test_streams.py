"""Streams are read by their content: calls are joined by identity, usage is counted once, thoughts are never shown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker_llm import test_anthropic as claude
from tests.worker_llm import test_openai as chat
from tests.worker_llm import wires
from tests.worker_llm.conversation import Conversation, conversation
from tests.worker_llm.provider_server import Reply, json_reply, stream
from worker.agent.llm.hidden_thoughts import ThoughtSplitter

ALICE, BOB = '{"who": "Alice"}', '{"who": "Bob"}'
Chunk = tuple[int | None, str | None, str | None, Any]
A, B = ("a", "balance"), ("b", "balance")

CALLS: list[tuple[str, list[Chunk], list[str]]] = [
    ("b1: both index 0, each whole", [(0, *A, ALICE), (0, *B, BOB)], ["Alice", "Bob"]),
    (
        "b1: both index 0, in pieces",
        [(0, *A, ""), (0, None, None, ALICE), (0, *B, ""), (0, None, None, BOB)],
        ["Alice", "Bob"],
    ),
    ("index 0, one id for both", [(0, *A, ALICE), (0, *A, BOB)], ["Alice", "Bob"]),
    ("index 0, no ids", [(0, None, "balance", ALICE), (0, None, "balance", BOB)], ["Alice", "Bob"]),
    ("b2: name and id in every chunk", [(0, *A, '{"who"'), (0, *A, ': "Ali'), (0, *A, 'ce"}')], ["Alice"]),
    ("b2: and a last one without arguments", [(0, *A, ALICE), (0, *A, "")], ["Alice"]),
    (
        "name in every chunk, no id",
        [(0, None, "balance", '{"who"'), (0, None, "balance", ': "Bob"}')],
        ["Bob"],
    ),
    ("ids that change", [(0, *A, '{"who"'), (0, "x", None, ': "Al'), (0, "y", None, 'ice"}')], ["Alice"]),
    ("no index", [(None, *A, ALICE), (None, *B, BOB)], ["Alice", "Bob"]),
    ("no index, in pieces", [(None, *A, '{"who": '), (None, None, None, '"Alice"}')], ["Alice"]),
    (
        "interleaved by index",
        [(0, *A, ""), (1, *B, ""), (0, None, None, ALICE), (1, None, None, BOB)],
        ["Alice", "Bob"],
    ),
    (
        "interleaved by id, all index 0",
        [(0, *A, '{"who": '), (0, *B, '{"who": '), (0, "a", None, '"Alice"}'), (0, "b", None, '"Bob"}')],
        ["Alice", "Bob"],
    ),
    ("one id, two indexes", [(0, *A, ALICE), (1, *A, BOB)], ["Alice", "Bob"]),
    ("the same call told twice is one", [(0, *A, ALICE), (0, *A, ALICE)], ["Alice"]),
    ("the same call told twice in other writing", [(0, *A, ALICE), (0, *A, '{ "who":"Alice" }')], ["Alice"]),
    ("the name after the arguments", [(0, "a", None, ALICE), (0, None, "balance", "")], ["Alice"]),
    (
        "id and name after the arguments",
        [(0, None, None, ALICE), (0, *A, ""), (1, *B, BOB)],
        ["Alice", "Bob"],
    ),
    ("a name in two pieces", [(0, "a", "bal", ""), (0, None, "ance", ""), (0, None, None, ALICE)], ["Alice"]),
    ("arguments as an object", [(0, *A, {"who": "Alice"})], ["Alice"]),
    ("1-based", [(1, *A, ALICE), (2, *B, BOB)], ["Alice", "Bob"]),
]


@pytest.mark.slow
@pytest.mark.parametrize(("chunks", "asked"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS])
async def test_pieces_of_calls_are_joined_by_identity(chunks: list[Chunk], asked: list[str]) -> None:
    async with conversation() as talk:
        sent = [wires.chat_call(*chunk) for chunk in chunks]
        await talk.say("chat", wires.chat(sent, "tool_calls"), wires.text("chat", "Five."))
        assert sorted(call["who"] for _, call in talk.bank.calls) == asked
        assert (talk.answer, talk.refusals) == ("Five.", [])


def usage(given: int, made: int) -> dict[str, int]:
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


USAGES: list[tuple[str, list[dict[str, int] | None]]] = [
    ("b14: so far, in each of 120 chunks", [usage(1_000, number) for number in range(1, 121)]),
    ("in the last two", [*[None] * 118, usage(1_000, 120), usage(1_000, 120)]),
    ("the input first, the output last", [usage(1_000, 0), *[None] * 118, usage(0, 120)]),
    ("once", [*[None] * 119, usage(1_000, 120)]),
]


@pytest.mark.parametrize("usages", [row[1] for row in USAGES], ids=[row[0] for row in USAGES])
async def test_usage_is_counted_once(usages: list[dict[str, int] | None]) -> None:
    async with conversation() as talk:
        choice = {"index": 0, "delta": {"content": "a"}, "finish_reason": None}
        chunks = [chat.chunk(choice, **({"usage": used} if used else {})) for used in usages]
        await talk.say("chat", wires.chat(chunks, usage=False))
        assert talk.tokens == 1_120


THOUGHTS: list[tuple[str, tuple[str, ...], str]] = [
    ("b15: the tag with a newline and text", ("<think>\nI look", " it up.\n</think>\n\nFive."), "Five."),
    ("the tags alone", ("<think>", "I look", "</think>", "Five."), "Five."),
    ("the tags cut", ("<th", "ink>I lo", "ok</", "thi", "nk>Five."), "Five."),
    ("all in one", ("<think>I look</think>Five.",), "Five."),
    ("b15: only the closing tag", ("I look it up.\n", "</think>\n\n", "Five."), "Five."),
    ("only the closing tag, cut", ("I look", "</", "think", ">Five."), "Five."),
    ("two thoughts", ("<think>one</think>Five", ".\n", "<think>two</think>Sure."), "Five.\nSure."),
    (
        "quoted tags",
        ("Write `<think>` and ", "`</think>` around it."),
        "Write `<think>` and `</think>` around it.",
    ),
    ("a sign that is no tag", ("1 <", " 2 and <thin air"), "1 < 2 and <thin air"),
]


@pytest.mark.parametrize(("pieces", "meant"), [row[1:] for row in THOUGHTS], ids=[row[0] for row in THOUGHTS])
async def test_thoughts_are_not_the_answer(pieces: tuple[str, ...], meant: str) -> None:
    async with conversation() as talk:
        for _ in range(2):  # the second answer finds a server of which it is known how it closes thoughts
            await talk.say("chat", wires.text("chat", *pieces))
            assert talk.answer == meant


async def test_a_server_that_leaves_only_the_closing_tag_is_known_after_its_first_answer() -> None:
    async with conversation() as talk:
        await talk.say("chat", wires.text("chat", "I look.", "</think>", "Five."))
        await talk.say("chat", wires.text("chat", "I look again.", "</think>", "Six."))
        assert (talk.shown, talk.answer) == ("Six.", "Six.")
        await talk.say("chat", wires.text("chat", "Without", " a thought."))
        assert (talk.shown, talk.answer) == ("Without a thought.", "Without a thought.")


def test_a_template_that_opens_the_thought_holds_the_text_back() -> None:
    splitter = ThoughtSplitter(is_opened=True)
    assert splitter.feed("I look") == []
    assert splitter.feed(" it up</think>Five") == [("thought", "I look it up"), ("text", "Five")]


def claude_odd(*between: bytes, first: bytes | None = None, end: list[bytes] | None = None) -> Reply:
    opening = claude.start() if first is None else first
    return stream([opening, *between, *claude.text(7, "Five."), *(end or claude.end())])


def bare_start() -> bytes:
    message = {"id": "m", "type": "message", "role": "assistant", "model": "x", "content": []}
    return claude.event("message_start", message=message)


UNKNOWN_BLOCK = [
    claude.event("content_block_start", index=1, content_block={"type": "hologram", "shape": [1]}),
    claude.event("content_block_delta", index=1, delta={"type": "hologram_delta", "shape": [2]}),
    claude.event("content_block_stop", index=1),
]
NO_USAGE = claude.event("message_delta", delta={"stop_reason": "end_turn"})
NO_TEXT = claude.event("content_block_delta", index=3, delta={"type": "text_delta", "text": None})
ODD: list[tuple[str, Reply]] = [
    ("b23: message_start without usage", claude_odd(first=bare_start())),
    ("b23: an unknown block with an unknown delta", claude_odd(*UNKNOWN_BLOCK)),
    ("an unknown event", claude_odd(claude.event("hologram", data={"a": 1}))),
    ("no message_start", claude_odd(first=b"")),
    ("message_delta without usage", claude_odd(end=[NO_USAGE, claude.event("message_stop")])),
    ("a delta without its text", claude_odd(NO_TEXT)),
]


@pytest.mark.slow
@pytest.mark.parametrize("reply", [row[1] for row in ODD], ids=[row[0] for row in ODD])
async def test_forms_that_mean_nothing_are_left_out(reply: Reply) -> None:
    async with conversation() as talk:
        await talk.say("anthropic", reply)
        assert (talk.answer, talk.notices) == ("Five.", [])


def claude_call(given: Any, *pieces: str, index: int | None = 0) -> list[bytes]:
    block = {"type": "tool_use", "id": f"t{given}{pieces}", "name": "balance", "input": given}
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return [
        claude.event("content_block_start", index=index, content_block=block),
        *(claude.event("content_block_delta", index=index, delta=delta) for delta in deltas),
        claude.event("content_block_stop", index=index),
    ]


CLAUDE_CALLS: list[tuple[str, list[bytes], list[str]]] = [
    ("whole at its beginning", claude_call({"who": "Alice"}), ["Alice"]),
    ("whole at its beginning, and an empty piece", claude_call({"who": "Alice"}, ""), ["Alice"]),
    ("whole at its beginning, and once more", claude_call({"who": "Alice"}, ALICE[:7], ALICE[7:]), ["Alice"]),
    ("no input at its beginning", claude_call(None, ALICE), ["Alice"]),
    ("all numbered 0", [*claude_call({}, ALICE), *claude_call({}, BOB)], ["Alice", "Bob"]),
    ("a text and a call, both 0", [*claude.text(0, "I look."), *claude_call({}, ALICE)], ["Alice"]),
    (
        "no numbers",
        [*claude_call({}, ALICE, index=None), *claude_call({}, BOB, index=None)],
        ["Alice", "Bob"],
    ),
    (
        "numbers with gaps",
        [*claude_call({}, ALICE, index=3), *claude_call({}, BOB, index=9)],
        ["Alice", "Bob"],
    ),
]


@pytest.mark.parametrize(
    ("blocks", "asked"), [row[1:] for row in CLAUDE_CALLS], ids=[row[0] for row in CLAUDE_CALLS]
)
async def test_calls_of_gateways_to_the_messages_api_are_read(blocks: list[bytes], asked: list[str]) -> None:
    async with conversation() as talk:
        reply = stream([claude.start(), *blocks, *claude.end("tool_use")])
        await talk.say("anthropic", reply, wires.text("anthropic", "Five."))
        assert sorted(call["who"] for _, call in talk.bank.calls) == asked
        assert (talk.answer, talk.refusals) == ("Five.", [])


async def failed_with(talk: Conversation, wire: str, reply: Reply) -> str:
    ended = await talk.say(wire, *[reply] * 4)
    assert ended.ending.outcome == "failed"
    return talk.notices[-1].content


@pytest.mark.parametrize("wire", ["chat", "anthropic", "responses"])
@pytest.mark.parametrize("kind", ["text/html", "application/json", "text/plain; charset=utf-8"])
async def test_what_is_no_stream_is_the_operators_fault(wire: str, kind: str) -> None:
    async with conversation() as talk:
        page = stream([b'{"object": "chat.completion"}' if "json" in kind else b"<html>hi</html>"], kind)
        assert "must correct the address" in await failed_with(talk, wire, page)
        assert len(talk.server.requests) == 1


async def test_a_json_answer_instead_of_a_stream_is_the_operators_fault() -> None:
    async with conversation() as talk:
        assert "must correct the address" in await failed_with(talk, "chat", json_reply({"choices": []}))


async def test_a_form_that_cannot_be_read_is_the_providers_fault() -> None:
    async with conversation() as talk:
        wrong = chat.chunk({"index": 0, "delta": {"tool_calls": ["balance"]}, "finish_reason": None})
        assert "form that is not understood" in await failed_with(talk, "chat", wires.chat([wrong]))

"""Streams are read by their content: calls are joined by identity, usage is counted once, thoughts are never shown."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable
from typing import Any

import pytest

from tests.properties import paired
from tests.worker_llm import test_anthropic as claude
from tests.worker_llm import test_openai as chat
from tests.worker_llm import wires
from tests.worker_llm.conversation import Conversation, conversation
from tests.worker_llm.provider_server import Reply, json_reply, stream
from tests.worker_llm.test_openai_responses import Events
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
    ("ogx#5462: {} before the arguments", [(0, *A, "{}"), (0, None, None, ALICE)], ["Alice"]),
    (
        "{} as an object, and then pieces",
        [(0, *A, {}), (0, None, None, ALICE[:7]), (0, None, None, ALICE[7:])],
        ["Alice"],
    ),
    ("unsloth#10275: {}, and then all of the call", [(0, *A, "{}"), (0, *A, ALICE)], ["Alice"]),
    ("null before the arguments", [(0, *A, "null"), (0, None, None, ALICE)], ["Alice"]),
    ("the same call told again without its id", [(0, *A, ALICE), (0, None, "balance", ALICE)], ["Alice"]),
    ("the same call told twice, with its id at another number", [(0, *A, ALICE), (1, *A, ALICE)], ["Alice"]),
    ("the id only when it is told again", [(0, "", "balance", ALICE), (0, *A, ALICE)], ["Alice"]),
    *(
        (f"{nothing!r} before the arguments", [(0, *A, nothing), (0, None, None, ALICE)], ["Alice"])
        for nothing in ("{ }", "[]", "None", "{}\n")
    ),
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


@pytest.mark.slow
async def test_calls_without_arguments_are_told_apart() -> None:
    sent = [wires.chat_call(0, call_id, "list_networks", "{}") for call_id in ("a", "b")]
    async with conversation() as talk:
        await talk.say("chat", wires.chat(sent, "tool_calls"), wires.text("chat", "Two."))
        assert (talk.bank.names(), talk.answer) == (["list_networks"] * 2, "Two.")


SEND = {
    "type": "function",
    "function": {"name": "send", "arguments": '{"to": "Bob", "from": "Alice", "value": "1"}'},
}
SUMMARIES: list[tuple[str, dict[str, Any]]] = [
    (
        "as a message, with another id",
        {"message": {"content": "I pay.", "tool_calls": [{**SEND, "id": "b"}]}},
    ),
    ("as a message without a text", {"message": {"content": None, "tool_calls": [{**SEND, "id": "b"}]}}),
    ("as a text", {"text": "I pay."}),
]


@pytest.mark.slow
@pytest.mark.parametrize("summary", [row[1] for row in SUMMARIES], ids=[row[0] for row in SUMMARIES])
async def test_a_whole_answer_after_its_pieces_is_not_taken_again(summary: dict[str, Any]) -> None:
    async with conversation() as talk:
        pieces = [chat.delta(content="I pay."), chat.delta(tool_calls=[{**SEND, "index": 0, "id": "a"}])]
        last = chat.chunk({"index": 0, "finish_reason": "tool_calls", **summary})
        await talk.say("chat", wires.chat([*pieces, last], None), wires.text("chat", "Paid."))
        assert (talk.bank.names(), talk.answer) == (["send"], "Paid.")
        assert [draft.content for draft in talk.drafts if draft.sender == "agent"] == ["I pay.", "Paid."]


WHOLE = {"content": "I pay.", "tool_calls": [{**SEND, "id": "a"}]}
CALLING = {"content": "", "tool_calls": WHOLE["tool_calls"]}
OTHER_ID = {**WHOLE, "tool_calls": [{**SEND, "id": "b"}]}
WHOLES: list[tuple[str, list[dict[str, Any]]]] = [
    ("beside an empty delta", [{"delta": {}, "message": WHOLE}]),
    ("beside a delta with its role", [{"delta": {"role": "assistant", "content": ""}, "message": WHOLE}]),
    ("twice", [{"message": WHOLE}, {"message": OTHER_ID}]),
    ("in pieces", [{"message": each} for each in ({"content": "I "}, {"content": "pay."}, CALLING)]),
    (
        "all so far each time",
        [{"message": each} for each in ({"content": "I "}, {"content": "I pay."}, WHOLE)],
    ),
]


@pytest.mark.parametrize("told", [row[1] for row in WHOLES], ids=[row[0] for row in WHOLES])
async def test_an_answer_in_whole_messages_is_read_once(told: list[dict[str, Any]]) -> None:
    async with conversation() as talk:
        chunks = [chat.chunk({"index": 0, **each}) for each in told]
        await talk.say("chat", wires.chat(chunks, "tool_calls"), wires.text("chat", "Paid."))
        assert (talk.bank.names(), talk.notices) == (["send"], [])
        assert [draft.content for draft in talk.drafts if draft.sender == "agent"] == ["I pay.", "Paid."]


PIECES: list[tuple[str, list[str], str]] = [
    ("the same figure twice", ["1", "1", "0 ETH"], "110 ETH"),
    ("all so far, and once more", ["I ", "I pay.", "I pay."], "I pay."),
]


@pytest.mark.parametrize(("told", "meant"), [row[1:] for row in PIECES], ids=[row[0] for row in PIECES])
async def test_a_message_that_is_like_the_text_so_far_is_a_piece_or_a_repetition(
    told: list[str], meant: str
) -> None:
    async with conversation() as talk:
        chunks = [chat.chunk({"index": 0, "message": {"content": text}}) for text in told]
        await talk.say("chat", wires.chat(chunks))
        assert (talk.answer, talk.notices) == (meant, [])


def usage(given: int, made: int) -> dict[str, int]:
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


USAGES: list[tuple[str, list[dict[str, int] | None]]] = [
    ("b14: so far, in each of 120 chunks", [usage(1_000, number) for number in range(1, 121)]),
    ("in the last two", [*[None] * 118, usage(1_000, 120), usage(1_000, 120)]),
    ("the input first, the output last", [usage(1_000, 0), *[None] * 118, usage(0, 120)]),
    (
        "a number that cannot be true",
        [*[None] * 118, usage(1_000, 120), usage(1_000, 120), usage(10**40, 120)],
    ),
    ("once", [*[None] * 119, usage(1_000, 120)]),
]


@pytest.mark.parametrize("usages", [row[1] for row in USAGES], ids=[row[0] for row in USAGES])
async def test_usage_is_counted_once(usages: list[dict[str, int] | None]) -> None:
    async with conversation() as talk:
        choice = {"index": 0, "delta": {"content": "a"}, "finish_reason": None}
        chunks = [chat.chunk(choice, **({"usage": used} if used else {})) for used in usages]
        await talk.say("chat", wires.chat(chunks, usage=False))
        assert talk.tokens == 1_120


COUNTS = [-5, 1.5, "9" * 5_000, "x", None, {"a": 1}, [3], float("nan")]


@pytest.mark.hypothesis
@pytest.mark.parametrize(("count", "wire"), paired(COUNTS, ["chat", "anthropic", "responses"], 3))
async def test_a_number_of_tokens_that_is_none_costs_the_answer_nothing(wire: str, count: Any) -> None:
    odd = f'_tokens": {json.dumps(count)}'.encode()
    async with conversation() as talk:
        frames = [re.sub(rb'_tokens": \d+', odd, frame) for frame in [*TEXTS[wire], *USED.get(wire, [])]]
        await talk.say(wire, stream(frames))
        assert (talk.answer, talk.notices) == ("Five w?i.", [])
        assert talk.tokens > 0


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
NAMELESS = [event.split(b"\n", 1)[1] for event in (claude.start(), *claude.text(0, "Five."), *claude.end())]
NO_TEXT = claude.event("content_block_delta", index=3, delta={"type": "text_delta", "text": None})
ODD: list[tuple[str, Reply]] = [
    ("b23: message_start without usage", claude_odd(first=bare_start())),
    ("b23: an unknown block with an unknown delta", claude_odd(*UNKNOWN_BLOCK)),
    ("an unknown event", claude_odd(claude.event("hologram", data={"a": 1}))),
    ("no message_start", claude_odd(first=b"")),
    ("message_delta without usage", claude_odd(end=[NO_USAGE, claude.event("message_stop")])),
    ("a delta without its text", claude_odd(NO_TEXT)),
    ("a text in an event of its own", claude_odd(b"event: heartbeat\ndata: hello\n\n")),
    ("no names", stream(NAMELESS)),
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
    ("{} before the arguments", claude_call({}, "{}", ALICE), ["Alice"]),
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("blocks", "asked"), [row[1:] for row in CLAUDE_CALLS], ids=[row[0] for row in CLAUDE_CALLS]
)
async def test_calls_of_gateways_to_the_messages_api_are_read(blocks: list[bytes], asked: list[str]) -> None:
    async with conversation() as talk:
        reply = stream([claude.start(), *blocks, *claude.end("tool_use")])
        await talk.say("anthropic", reply, wires.text("anthropic", "Five."))
        assert sorted(call["who"] for _, call in talk.bank.calls) == asked
        assert (talk.answer, talk.refusals) == ("Five.", [])


def whole_claude(*blocks: dict[str, Any], reason: str) -> list[bytes]:
    message = {"id": "m", "type": "message", "role": "assistant", "model": "x", "content": blocks}
    return [
        claude.event("message_start", message={**message, "stop_reason": reason}),
        claude.event("message_stop"),
    ]


USE = {"type": "tool_use", "id": "a", "name": "balance", "input": {"who": "Alice"}}
AGAIN = [claude.start(), *claude_call({}, ALICE), *claude.end("tool_use")]
RETOLD: list[tuple[str, list[bytes]]] = [
    ("whole in its first event", whole_claude({"type": "text", "text": "I look."}, USE, reason="tool_use")),
    ("twice, with other ids", [*AGAIN, *(frame.replace(b'"t{}', b'"u{}') for frame in AGAIN)]),
    ("twice, without their last events", [*AGAIN[:-1], *AGAIN[:-1]]),
    ("twice, whole in its first event", whole_claude(USE, reason="tool_use") * 2),
    (
        "begun again before its end",
        [
            claude.start(),
            *claude.text(0, "I look."),
            claude.start(),
            *claude_call({}, ALICE),
            *claude.end("tool_use"),
        ],
    ),
    (
        "a call again in other writing",
        [
            claude.start(),
            *claude_call({}, ALICE),
            *(frame.replace(b'json": "{', b'json": "{ ') for frame in claude_call({}, ALICE, index=1)),
            *claude.end("tool_use"),
        ],
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("frames", [row[1] for row in RETOLD], ids=[row[0] for row in RETOLD])
async def test_a_message_that_is_told_otherwise_is_read_once(frames: list[bytes]) -> None:
    async with conversation() as talk:
        await talk.say("anthropic", stream(frames), wires.text("anthropic", "Five."))
        assert [call["who"] for _, call in talk.bank.calls] == ["Alice"]
        assert (talk.answer, talk.notices, talk.refusals) == ("Five.", [], [])


TEXTS = {
    "chat": [chat.delta(content="Five"), chat.delta(content=" w?i."), chat.delta(finish="stop"), chat.DONE],
    "anthropic": [claude.start(), *claude.text(0, "Five", " w?i."), *claude.end()],
    "responses": [(events := Events()).start(), *events.text(0, "Five", " w?i."), events.end()],
}


USED = {"chat": [chat.usage()]}
PADDED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("a byte order mark before each event", lambda frame: BOM_UTF8 + frame),
    ("two byte order marks", lambda frame: BOM_UTF8 * 2 + frame),
    ("zeros before each event", lambda frame: b"\0\0" + frame),
    ("spaces before each line", lambda frame: re.sub(rb"(?m)^(?=\w)", b"  ", frame)),
    ("events within events", lambda frame: re.sub(rb"(?m)^(?=\w)", b"data: ", frame)),
    ("data within events", lambda frame: frame.replace(b"data: ", b"data: data: ")),
    ("lines that end in CR LF", lambda frame: frame.replace(b"\n", b"\r\n")),
    ("lines that end in CR", lambda frame: frame.replace(b"\n", b"\r")),
]


@pytest.mark.hypothesis
@pytest.mark.parametrize(("padding", "wire"), paired(PADDED, list(TEXTS), 3))
async def test_what_stands_around_events_costs_none_of_them(
    padding: tuple[str, Callable[[bytes], bytes]], wire: str
) -> None:
    _, padded = padding
    async with conversation() as talk:
        await talk.say(wire, stream(map(padded, TEXTS[wire])))
        assert (talk.answer, talk.notices) == ("Five w?i.", [])


@pytest.mark.parametrize("wire", TEXTS)
async def test_bytes_that_are_no_text_cost_nothing_else(wire: str) -> None:
    """A byte order mark stands before the first event, and one byte is no UTF-8."""
    frames = [BOM_UTF8, *(frame.replace(b"?", b"\xff") for frame in TEXTS[wire])]
    async with conversation() as talk:
        await talk.say(wire, stream(frames))
        assert (talk.answer, talk.notices) == ("Five w\N{REPLACEMENT CHARACTER}i.", [])


@pytest.mark.parametrize("wire", TEXTS)
async def test_an_error_without_a_name_or_an_object_is_told_and_tried_again(wire: str) -> None:
    nameless = stream([b'data: {"error": {"type": "overloaded_error", "message": "busy"}}\n\n'])
    text = stream([b"event: error\ndata: Bad Gateway\n\n"])
    async with conversation() as talk:
        await talk.say(wire, nameless, text, wires.text(wire, "Five."))
        assert (talk.answer, talk.notices) == ("Five.", [])


def only(
    *kinds: str,
    output: list[dict[str, Any]] | None = None,
    without: str = "-",
    changed: tuple[str, str] = ("", ""),
    end: str = "completed",
) -> Reply:
    """A text and a call of which a proxy tells the events of these kinds without those that contain `without`, and in
    the whole response `output`. `changed`: what it writes otherwise in all events.
    """
    events = Events()
    sent = [events.start(), *events.text(0, "I ", "look."), *events.call(1, "a", ALICE)]
    told = [e for e in sent if any(kind.encode() in e for kind in kinds) and without.encode() not in e]
    old, new = (each.encode() for each in changed)
    told = [e.replace(old, new) for e in told] if old else told
    return stream([*told, events.response(end, end, output=output or [])])


MESSAGE = {
    "id": "msg_0",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "I look.", "annotations": []}],
}
CALL = {"id": "fc_1", "type": "function_call", "call_id": "a", "name": "balance", "arguments": ALICE}
ONE, TWO = (
    {**MESSAGE, "id": "msg", "content": [{"type": "output_text", "text": text, "annotations": []}]}
    for text in ("One.", "Two.")
)
ALL, RENAMED = "response.", [{**MESSAGE, "id": "y"}, {**CALL, "id": "x", "call_id": "b"}]
SAID = ["I look.", "Five."]
LATE: list[tuple[str, Reply, list[str]]] = [
    ("litellm#21090: only the whole response", only(output=[MESSAGE, CALL]), SAID),
    (
        "with its beginning, and the arguments as an object",
        only("response.created", output=[{**CALL, "arguments": {"who": "Alice"}}]),
        ["Five."],
    ),
    ("only the events that end an item", only("output_item.done"), SAID),
    ("these, and the whole response", only("output_item.done", output=[MESSAGE, CALL]), SAID),
    ("only the events that end a part", only("text.done", "output_item", without='"message"'), SAID),
    ("two texts of one id", only(output=[ONE, TWO, CALL]), ["One.Two.", "Five."]),
    ("all of it twice", only(ALL, output=[MESSAGE, CALL]), SAID),
    ("all of it twice, with other ids", only(ALL, output=RENAMED), SAID),
    ("all of it twice, in another order", only(ALL, output=[CALL, MESSAGE]), SAID),
    ("in pieces, and the whole with other ids", only(".delta", "item.added", output=RENAMED), SAID),
    ("the text in pieces, the call at the end", only(ALL, without="fc_1", output=[MESSAGE, CALL]), SAID),
    ("the call in pieces, the text at the end", only(ALL, without="msg_0", output=[MESSAGE, CALL]), SAID),
    ("the end of a text, the call at the end", only("text.done", output=[MESSAGE, CALL]), SAID),
    ("a text without its last piece", only("text.delta", without="look", output=[MESSAGE, CALL]), SAID),
    ("a call without its pieces", only(ALL, without="arguments.d", output=[CALL]), SAID),
    ("no ids of items", only(ALL, changed=('"id": "fc_1", ', ""), output=[MESSAGE, CALL]), SAID),
    ("one place for all", only(ALL, changed=('"output_index": 1', '"output_index": 0')), SAID),
    ("other ids in items than in pieces", only(ALL, changed=('"id": "fc_1"', '"id": "z"')), SAID),
]


@pytest.mark.slow
@pytest.mark.parametrize(("reply", "said"), [row[1:] for row in LATE], ids=[row[0] for row in LATE])
async def test_what_a_proxy_tells_only_at_the_end_is_read_once(reply: Reply, said: list[str]) -> None:
    async with conversation() as talk:
        await talk.say("responses", reply, wires.text("responses", "Five."))
        assert [call["who"] for _, call in talk.bank.calls] == ["Alice"]
        assert [draft.content for draft in talk.drafts if draft.sender == "agent"] == said
        assert (talk.notices, talk.refusals) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("more", [{"arguments": BOB}, {}], ids=["other", "like the first"])
async def test_a_second_call_that_is_told_only_at_the_end_is_made(more: dict[str, Any]) -> None:
    async with conversation() as talk:
        second = {**CALL, "id": "fc_2", "call_id": "b", **more}
        reply = only(ALL, output=[MESSAGE, CALL, second])
        await talk.say("responses", reply, wires.text("responses", "Five."))
        assert len(talk.bank.calls) == 2
        assert talk.answer == "Five."


async def test_what_only_the_end_of_a_cut_answer_tells_is_shown() -> None:
    async with conversation() as talk:
        await talk.say("responses", only(output=[MESSAGE, CALL], end="incomplete"))
        assert (talk.answer, talk.bank.calls) == ("I look.", [])
        assert "cut off" in talk.notices[-1].content


@pytest.mark.parametrize("kinds", [(), ("response.created",)])
async def test_a_refusal_that_is_told_only_at_the_end_is_told(kinds: tuple[str, ...]) -> None:
    declined = {**MESSAGE, "content": [{"type": "refusal", "refusal": "No."}]}
    async with conversation() as talk:
        await talk.say("responses", only(*kinds, output=[declined]))
        assert [notice.content for notice in talk.notices] == ["The LLM declined to answer."]


async def test_a_text_without_pieces_is_read() -> None:
    async with conversation() as talk:
        await talk.say("responses", only("output_text.done"))
        assert (talk.answer, talk.notices) == ("I look.", [])


@pytest.mark.parametrize("beginning", [ALICE, "{}", None])
async def test_arguments_at_the_beginning_of_an_item_are_read_once(beginning: str | None) -> None:
    events = Events()
    added, *rest = events.call(0, "a", ALICE[:7], ALICE[7:])
    begun = added.replace(b'"arguments": ""', b'"arguments": ' + json.dumps(beginning).encode())
    async with conversation() as talk:
        reply = stream([events.start(), begun, *rest, events.end()])
        await talk.say("responses", reply, wires.text("responses", "Five."))
        assert ([call["who"] for _, call in talk.bank.calls], talk.answer) == (["Alice"], "Five.")


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

"""How the end of an answer is decided, shown, and acted on: no tool call of an answer that did not end normally is
made.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker_llm import test_anthropic as claude
from tests.worker_llm import test_bedrock as aws
from tests.worker_llm import test_openai as chat
from tests.worker_llm import wires
from tests.worker_llm.conversation import conversation
from tests.worker_llm.provider_server import Reply, error, stream
from tests.worker_llm.test_openai_responses import Events

SEND = '{"to": "Bob", "from": "Alice", "value": "1000000000000000000"}'
HALF = SEND[:20]


def chat_said(finish: str | None) -> Reply:
    return wires.chat([chat.delta(content="Half a sen")], finish)


def chat_called(finish: str | None) -> Reply:
    whole, half = wires.chat_call(0, "a", "send", SEND), wires.chat_call(1, "b", "send", HALF)
    return wires.chat([chat.delta(content="I send."), whole, half], finish)


def chat_one(finish: str | None) -> Reply:
    return wires.chat([wires.chat_call(0, "a", "send", SEND)], finish)


def claude_said(*ends: bytes) -> Reply:
    return stream([claude.start(), *claude.text(0, "Half a sen"), *ends])


def claude_called(*ends: bytes) -> Reply:
    return stream([claude.start(), *wires.claude_call(0, "a", "send", SEND), *ends])


def aws_called(reason: str | None) -> Reply:
    start = {"toolUse": {"toolUseId": "a", "name": "send"}}
    frames = [
        aws.START,
        aws.event("contentBlockStart", contentBlockIndex=0, start=start),
        aws.event("contentBlockDelta", contentBlockIndex=0, delta={"toolUse": {"input": SEND}}),
        aws.event("contentBlockStop", contentBlockIndex=0),
    ]
    return stream([*frames, *(aws.end(reason) if reason else [])], aws.FRAMES)


def responses_cut(reason: str | None) -> Reply:
    events = Events()
    frames = [events.start(), *events.text(0, "Half a sen")]
    details: Any = {"reason": reason}
    used = {"input_tokens": 12, "output_tokens": 6, "total_tokens": 18}
    ends = (
        [events.response("incomplete", "incomplete", incomplete_details=details, usage=used)]
        if reason
        else []
    )
    return stream([*frames, *ends])


def refusal() -> Reply:
    return wires.chat([chat.delta(refusal="I cannot help with that.")])


ENDS: list[tuple[str, str, Reply, str, str]] = [
    ("b9: chat, no finish", "chat", chat_said(None), "failed", "cut_off"),
    ("b9: anthropic, no message_stop", "anthropic", claude_said(), "failed", "cut_off"),
    ("b9: responses, no end", "responses", responses_cut(None), "failed", "cut_off"),
    ("b10: length", "chat", chat_said("length"), "completed", "cut_off"),
    ("b10: max_tokens", "anthropic", claude_said(*claude.end("max_tokens")), "completed", "cut_off"),
    (
        "b10: context window",
        "anthropic",
        claude_said(*claude.end("model_context_window_exceeded")),
        "completed",
        "cut_off",
    ),
    ("b10: responses", "responses", responses_cut("max_output_tokens"), "completed", "cut_off"),
    ("a gateway's spelling", "chat", chat_said("FINISH_REASON_MAX_TOKENS"), "completed", "cut_off"),
    ("Vercel's spelling", "chat", chat_said("content-filter"), "completed", "filtered"),
    ("b10: Mistral's word", "chat", chat_said("model_length"), "completed", "cut_off"),
    ("b11: error", "chat", chat_said("error"), "failed", "failed"),
    ("b11: network_error", "chat", chat_said("network_error"), "failed", "failed"),
    ("b11: a word that nobody listed", "chat", chat_said("insufficient_resource"), "failed", "failed"),
    ("b11: content_filter", "chat", chat_said("content_filter"), "completed", "filtered"),
    ("b11: responses", "responses", responses_cut("content_filter"), "completed", "filtered"),
    ("refused", "anthropic", claude_said(*claude.end("refusal")), "completed", "refused"),
    ("refused by OpenAI", "chat", refusal(), "failed", "refused"),
    ("b12: length, one and a half sends", "chat", chat_called("length"), "failed", "cut_off"),
    ("b12: end right after a whole send", "chat", chat_one(None), "failed", "cut_off"),
    ("b12: anthropic, end after a send", "anthropic", claude_called(), "failed", "cut_off"),
    (
        "b12: anthropic, max_tokens",
        "anthropic",
        claude_called(*claude.end("max_tokens")),
        "failed",
        "cut_off",
    ),
    ("b12: bedrock, max_tokens", "bedrock", aws_called("max_tokens"), "failed", "cut_off"),
    ("b12: bedrock, malformed", "bedrock", aws_called("malformed_tool_use"), "failed", "failed"),
    ("b12: bedrock, no messageStop", "bedrock", aws_called(None), "failed", "cut_off"),
    ("b12: filtered", "chat", chat_called("content_filter"), "failed", "filtered"),
    ("b12: a word that nobody listed", "chat", chat_called("abort"), "failed", "failed"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wire", "reply", "outcome", "end"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS]
)
async def test_an_answer_that_did_not_end_well_is_said_and_calls_nothing(
    wire: str, reply: Reply, outcome: str, end: str
) -> None:
    async with conversation() as talk:
        ended = await talk.say(wire, reply)
        assert talk.bank.calls == []
        assert ended.ending.outcome == outcome
        assert [notice.answer_end for notice in talk.notices] == [end]
        again = await talk.say(wire, wires.text(wire, "Here."))
        assert (again.ending.outcome, talk.answer, talk.refusals) == ("completed", "Here.", [])


async def test_text_of_a_cut_answer_is_kept_and_remembered() -> None:
    async with conversation() as talk:
        await talk.say("chat", chat_called("length"))
        assert talk.answer == "I send."
        assert "none of them was called" in talk.notices[0].content
        await talk.say("chat", wires.text("chat", "Here."))
        said = [message.get("content") for message in talk.prompts()[-1]["messages"]]
        assert "I send." in said


@pytest.mark.parametrize(
    "pieces", [(" \n\n ",), ("\n",), (" ", " "), ("<think>why", "</think>", "\n")], ids=repr
)
async def test_an_answer_of_nothing_is_empty_after_one_more_try(pieces: tuple[str, ...]) -> None:
    async with conversation() as talk:
        ended = await talk.say("chat", wires.text("chat", *pieces), wires.text("chat", *pieces))
        assert ended.ending.outcome == "failed"
        assert [notice.answer_end for notice in talk.notices] == ["empty"]
        assert len(talk.server.requests) == 2
        assert talk.tokens == 80
        await talk.say("chat", wires.text("chat", " \n"), wires.text("chat", "Here."))
        assert (talk.answer, talk.refusals) == ("Here.", [])


@pytest.mark.parametrize(
    "reason", ["stop", "tool_calls", "function_call", "eos_token", "tool_use", "COMPLETE"]
)
async def test_calls_of_an_answer_that_ended_well_are_made(reason: str) -> None:
    async with conversation() as talk:
        await talk.say("chat", chat_one(reason), wires.text("chat", "Sent."))
        assert (talk.bank.names(), talk.answer) == (["send"], "Sent.")


async def test_a_stream_that_breaks_after_a_whole_call_makes_none() -> None:
    async with conversation() as talk:
        cut = stream([wires.chat_call(0, "a", "send", SEND)], cut=True)
        ended = await talk.say("chat", cut, *[error(400, {"error": "no"})] * 4)
        assert (ended.ending.outcome, talk.bank.calls) == ("failed", [])

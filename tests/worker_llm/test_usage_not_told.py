"""Servers that do not tell what an answer used: it is estimated, so that the limits on tokens hold there, too."""

from __future__ import annotations

import json

import pytest

from tests.worker_llm import test_anthropic as claude
from tests.worker_llm import test_bedrock as bedrock
from tests.worker_llm import test_openai as chat
from tests.worker_llm import wires
from tests.worker_llm.conversation import LIMITS, Conversation, conversation
from tests.worker_llm.provider_server import Reply, stream
from tests.worker_llm.test_streams import NO_USAGE, bare_start

TEXT = "Five. " * 100
NOTHING = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
TOTAL = {"total_tokens": 5}
BELOW = {"prompt_tokens": -1, "completion_tokens": -1, "total_tokens": -2}
LOW, HIGH = 0.5, 2.0
"""An estimate is worth something within these factors of a count by four characters a token."""


def silent_claude() -> Reply:
    return stream(
        [bare_start(), *claude.text(0, TEXT), NO_USAGE, claude.event("message_stop")],
    )


def silent_bedrock() -> Reply:
    *end, _metadata = bedrock.end("end_turn")
    return stream([bedrock.START, *bedrock.text(0, TEXT), *end], bedrock.FRAMES)


def zeros() -> Reply:
    return wires.chat([chat.delta(content=TEXT), chat.chunk(usage=NOTHING)], usage=False)


SILENT: list[tuple[str, str, Reply]] = [
    ("never", "chat", wires.chat([chat.delta(content=TEXT)], usage=False)),
    ("as zeros", "chat", zeros()),
    ("as null", "chat", wires.chat([chat.delta(content=TEXT), chat.chunk(usage=None)], usage=False)),
    ("as an empty object", "chat", wires.chat([chat.delta(content=TEXT), chat.chunk(usage={})], usage=False)),
    (
        "as a total alone",
        "chat",
        wires.chat([chat.delta(content=TEXT), chat.chunk(usage=TOTAL)], usage=False),
    ),
    ("as a word", "chat", wires.chat([chat.delta(content=TEXT), chat.chunk(usage="none")], usage=False)),
    ("below zero", "chat", wires.chat([chat.delta(content=TEXT), chat.chunk(usage=BELOW)], usage=False)),
    ("in no event", "anthropic", silent_claude()),
    ("in no frame", "bedrock", silent_bedrock()),
]


def asked_characters(talk: Conversation) -> int:
    return len(json.dumps(talk.prompts()[-1]))


@pytest.mark.filterwarnings("ignore::pydantic_ai._warnings.UsageExtractionFailedWarning")
@pytest.mark.parametrize(("wire", "reply"), [row[1:] for row in SILENT], ids=[row[0] for row in SILENT])
async def test_what_is_not_told_is_estimated_of_what_was_sent_and_said(wire: str, reply: Reply) -> None:
    async with conversation() as talk:
        ended = await talk.say(wire, reply)
        assert ended.ending.outcome == "completed", ended
        expected = (asked_characters(talk) + len(TEXT)) / 4
        assert LOW * expected < talk.tokens < HIGH * expected
        before = talk.tokens
        await talk.say(wire, reply, text="balance of Alice " * 1_000)
        assert talk.tokens - before > LOW * 17_000 / 4


async def test_an_answer_that_broke_off_before_its_usage_is_counted_too() -> None:
    async with conversation() as talk:
        reply = stream([chat.delta(content=TEXT)], cut=True)
        await talk.say("chat", *[reply] * 6)
        assert talk.tokens > len(TEXT) / 4


@pytest.mark.slow
async def test_the_limit_of_a_run_holds_where_no_usage_is_told() -> None:
    """An LLM that calls tools without end, on a server that counts nothing."""
    async with conversation() as talk:
        call = wires.chat_call(0, "c", "balance", json.dumps({"who": "Alice"}))
        reply = wires.chat([chat.delta(content="Well. " * 20_000), call], "tool_calls", usage=False)
        ended = await talk.say("chat", *[reply] * LIMITS.llm_requests, text="x" * (4 * LIMITS.tokens))
        assert ended.ending.outcome == "failed"
        assert len(talk.bank.calls) <= 1


async def test_what_is_told_counts_as_it_is_told() -> None:
    async with conversation() as talk:
        await talk.say("chat", wires.chat([chat.delta(content=TEXT)]))
        assert talk.tokens == 40

"""`FORGE_LLM=scripted`: exact text, exact pace, a journal of the LLM requests, and plans."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelServerError
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import (
    AgentStreamEvent,
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    PartDeltaEvent,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from tests.patience import PATIENCE_SECONDS
from tests.worker_llm.bank import HASH, Bank
from worker.agent.llm.build import build_llm
from worker.agent.llm.scripted import read_only_call


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def agent(bank: Bank, journal: Path) -> Agent[None, str]:
    tools = MCPToolset(bank.server(), id="evm", tool_error_behavior="failed")
    return Agent(build_llm("scripted", {"FORGE_SCRIPT_JOURNAL": str(journal)}), toolsets=[tools])


def lines(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def tokens(count: int) -> str:
    return "".join(f"t{i:04d} " for i in range(count))


async def test_tokens_come_exactly_and_are_journaled(agent: Agent[None, str], journal: Path) -> None:
    result = await agent.run('{"f": 0, "t": 12, "r": 0, "tool": false, "tag": "a"}')

    assert result.output == tokens(12)
    start, end = lines(journal)
    assert (start["event"], start["tag"]) == ("start", "a")
    assert {k: end[k] for k in ("event", "tag", "why", "sent")} == {
        "event": "end",
        "tag": "a",
        "why": "done",
        "sent": 12,
    }
    assert time.time() - 60 < start["at"] <= end["at"] <= time.time()


async def test_first_token_and_pace_take_the_time_they_are_given(agent: Agent[None, str]) -> None:
    began = time.monotonic()
    at: list[float] = []

    async def note(_: object, events: AsyncIterable[AgentStreamEvent]) -> None:
        at.extend([time.monotonic() - began async for event in events if isinstance(event, PartDeltaEvent)])

    await agent.run('{"f": 100, "t": 21, "r": 100}', event_stream_handler=note)
    assert len(at) == 20  # the first token comes with the part's start
    assert at[0] >= 0.1
    assert at[-1] >= 0.1 + 20 / 100


async def test_an_unlimited_pace_is_fast_and_lets_others_run(agent: Agent[None, str]) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    began = time.monotonic()
    result = await agent.run('{"t": 6000}')
    assert time.monotonic() - began < PATIENCE_SECONDS
    beside.cancel()
    assert result.output == tokens(6000)
    assert turns > 20


async def test_a_tool_is_called_first_when_asked_for(
    agent: Agent[None, str], bank: Bank, journal: Path
) -> None:
    result = await agent.run('{"t": 3, "tool": true, "tag": "b"}')
    assert bank.names() == ["list_networks"]
    assert result.output == tokens(3)
    assert [(line["event"], line.get("sent")) for line in lines(journal)] == [
        ("start", None),
        ("end", 0),
        ("start", None),
        ("end", 3),
    ]


async def test_a_cancelled_request_is_journaled_with_what_was_sent(
    agent: Agent[None, str], journal: Path
) -> None:
    seen = asyncio.Event()
    count = 0

    async def note(_: object, events: AsyncIterable[AgentStreamEvent]) -> None:
        nonlocal count
        async for event in events:
            count += isinstance(event, PartDeltaEvent)
            if count == 4:
                seen.set()

    run = asyncio.create_task(agent.run('{"t": 1000, "r": 200, "tag": "c"}', event_stream_handler=note))
    await asyncio.wait_for(seen.wait(), PATIENCE_SECONDS)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    end = lines(journal)[-1]
    assert (end["event"], end["tag"], end["why"]) == ("end", "c", "cancelled")
    assert end["sent"] in (5, 6)


async def test_a_request_cancelled_before_its_first_token_has_sent_nothing(journal: Path) -> None:
    llm = build_llm("scripted", {"FORGE_SCRIPT_JOURNAL": str(journal)})
    prompt: list[ModelMessage] = [ModelRequest.user_text_prompt('{"f": 60000, "t": 1}')]
    async with llm.request_stream(prompt, None, ModelRequestParameters()) as stream:
        first = asyncio.ensure_future(anext(aiter(stream)))
        await asyncio.sleep(0)  # it is waiting for its first token now
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
    assert [line.get("why") for line in lines(journal)] == [None, "cancelled"]
    assert lines(journal)[1]["sent"] == 0


@pytest.mark.slow
async def test_many_requests_share_one_journal_without_torn_lines(
    agent: Agent[None, str], journal: Path
) -> None:
    await asyncio.gather(*(agent.run(json.dumps({"t": 5, "tag": f"n{i}"})) for i in range(20)))
    assert sorted(line["tag"] for line in lines(journal)) == sorted([f"n{i}" for i in range(20)] * 2)


PLAN = {
    "steps": [
        {"say": "First I look. "},
        {"calls": [{"name": "balance", "arguments": {"who": w}} for w in ("Alice", "Bob")]},
        {"say": "Now I send what {{0.account}} can spare. "},
        {
            "call": {
                "name": "send",
                "arguments": {"from": "Alice", "to": "{{1.account}}", "value": "{{0.wei}}"},
            }
        },
        {"say": "Hash {{2.hash}} in block {{2.block_number}}; nothing: {{9.x}}."},
    ],
    "tag": "plan",
}


async def test_a_plan_plays_its_steps_and_uses_earlier_results(
    agent: Agent[None, str], bank: Bank, journal: Path
) -> None:
    result = await agent.run(json.dumps(PLAN))
    assert result.output == f"Hash {HASH} in block 7; nothing: null."
    assert bank.names() == ["balance", "balance", "send"]
    assert bank.wei["Alice"] == 0
    assert [line["event"] for line in lines(journal)] == ["start", "end"] * 3


@pytest.mark.parametrize("kept", [3, 5])
async def test_a_plan_goes_on_from_stored_messages_in_another_process(
    agent: Agent[None, str], bank: Bank, kept: int
) -> None:
    whole = (await agent.run(json.dumps(PLAN))).all_messages()
    stored = ModelMessagesTypeAdapter.validate_json(ModelMessagesTypeAdapter.dump_json(whole[:kept]))
    bank.calls.clear()
    bank.wei["Alice"] = 10**22

    result = await agent.run(None, message_history=stored)
    assert result.output.startswith(f"Hash {HASH}")
    assert bank.names() == {3: ["send"], 5: []}[kept]


async def test_a_plan_that_ends_with_a_call_still_answers(agent: Agent[None, str]) -> None:
    result = await agent.run('{"steps": [{"call": {"name": "list_networks"}}]}')
    assert result.output == "done"


async def test_a_failing_step_ends_the_request_as_a_provider_would(
    agent: Agent[None, str], journal: Path
) -> None:
    with pytest.raises(ModelServerError):
        await agent.run('{"steps": [{"say": "half "}, {"wait": 1, "fail": 500}]}')
    end = lines(journal)[-1]
    assert (end["why"], end["sent"]) == ("failed", 1)


@pytest.mark.parametrize("prompt", ["hello", "[1]", '{"t": 0}', '{"t": 1, "x": 2}', '{"steps": []}'])
async def test_other_prompts_are_answered_with_what_is_wrong(agent: Agent[None, str], prompt: str) -> None:
    assert (await agent.run(prompt)).output.startswith("This is not a script (")


def test_the_clock_is_preferred_over_other_read_only_tools() -> None:
    hints = {"annotations": {"readOnlyHint": True}}
    needs = {"type": "object", "properties": {"who": {}}, "required": ["who"]}
    tools = [
        ToolDefinition(name="send", parameters_json_schema={"type": "object"}),
        ToolDefinition(name="balance", parameters_json_schema=needs, metadata=hints),
        ToolDefinition(name="list_networks", metadata=hints),
        ToolDefinition(name="get_current_time"),
    ]
    assert getattr(read_only_call(tools), "name", None) == "get_current_time"
    assert getattr(read_only_call(tools[:3]), "name", None) == "list_networks"
    assert read_only_call(tools[:2]) is None

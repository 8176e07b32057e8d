"""Every accepted run ends with an outcome that people can see, and the session stays usable."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from fastmcp import FastMCP
from pydantic_ai.exceptions import (
    ContentFilterError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelOverloadedError,
)

from forge.errors import MissingApiKey
from forge.models.ids import new_run_id
from forge.models.run import CommandMessage, ToolCommand
from tests.patience import PATIENCE_SECONDS
from tests.worker.scripted_llm import Script, call, prompts
from tests.worker.stage import Stage, saying
from tests.worker.tools import Bank


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ModelOverloadedError("m", "busy"), "overloaded"),
        (ModelAuthenticationError("m", "bad key sk-secret"), "refused our API key"),
        (ModelConnectionError("m", "cut"), "connection to the LLM provider broke"),
        (ContentFilterError("blocked"), "content filter"),
        (RuntimeError("secret detail"), "Something went wrong inside the server"),
    ],
)
async def test_a_provider_error_ends_the_run_with_a_readable_message(
    stage: Stage, error: Exception, words: str
) -> None:
    stage.llm = Script([error] * 9).llm()
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("hi")
    seen = await page.ended(run_id)
    assert seen.hot is not None
    assert seen.hot.outcomes[run_id] == "failed"
    assert [message.run_end for message in seen.messages if message.run_end] == ["failed"]
    assert not seen.hot.is_processing
    assert (seen.messages[-1].sender, seen.messages[-1].kind) == ("system", "notice")
    assert words in seen.messages[-1].content
    assert "secret" not in seen.messages[-1].content


@pytest.mark.slow
async def test_an_overloaded_provider_is_asked_again(stage: Stage) -> None:
    asked: list[int] = []

    class Once(Script):
        async def _stream(self, messages, _info):
            asked.append(1)
            if len(asked) < 3:
                raise ModelOverloadedError("m", "busy")
            async for piece in super()._stream(messages, _info):
                yield piece

    stage.llm = Once(["At last."]).llm()
    page = await stage.open_page()
    stage.start()
    assert (await page.ended(await stage.say("hi"))).messages[-1].content == "At last."
    assert len(asked) == 3


@pytest.mark.slow
async def test_a_stream_that_is_cut_keeps_its_text_and_is_not_repeated(stage: Stage) -> None:
    script = Script(["Half an ", ModelConnectionError("m", "cut")])
    stage.llm = script.llm()
    page = await stage.open_page()
    stage.start()
    await page.ended(await stage.say("hi"))
    assert [content for _, content in await stage.log()][:2] == ["hi", "Half an "]
    assert len(script.requests) == 1


@pytest.mark.slow
async def test_the_session_works_on_after_a_failed_run(stage: Stage) -> None:
    stage.llm = Script(["Half an ", ModelConnectionError("m", "cut")]).llm()
    page = await stage.open_page()
    stage.start()
    await page.ended(await stage.say("one"))
    await stage.stop()
    script = Script(["Whole."])
    stage.llm = script.llm()
    stage.start()
    seen = await page.ended(await stage.say("two"))
    assert seen.messages[-1].content == "Whole."
    assert prompts(script.requests[0]) == ["one", "two"]
    assert [
        message.parts for message in script.requests[0] if message.kind == "response" and not message.parts
    ] == []


@pytest.mark.slow
async def test_an_empty_answer_never_becomes_an_empty_message(stage: Stage) -> None:
    stage.llm = saying("")
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("hi")
    seen = await page.ended(run_id)
    assert seen.hot is not None
    assert seen.hot.outcomes[run_id] == "failed"
    assert all(message.content for message in seen.messages)


async def test_without_its_api_key_every_run_says_what_to_set(stage: Stage) -> None:
    stage.llm_error = MissingApiKey("ANTHROPIC_API_KEY")
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("hi"))
    assert "ANTHROPIC_API_KEY" in seen.messages[-1].content
    assert seen.hot is not None
    assert seen.hot.missing_api_key


@pytest.mark.slow
async def test_a_limit_of_llm_requests_is_a_clear_message(stage: Stage) -> None:
    bank = Bank()
    stage.servers = [bank.server()]
    stage.llm = Script(*[[call("balance", '{"who":"A"}', f"c{n}")] for n in range(9)]).llm()
    stage.limits = replace(stage.limits, llm_requests=3)
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("loop"))
    assert "limit for one message (LLM requests)" in seen.messages[-1].content
    assert len(bank.reads) == 3


@pytest.mark.slow
async def test_a_run_that_takes_too_long_is_stopped(stage: Stage) -> None:
    stage.llm = Script(["slow ", asyncio.Event()]).llm()
    stage.limits = replace(stage.limits, seconds=0.2)
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("hi")
    seen = await page.ended(run_id)
    assert "took longer" in seen.messages[-1].content
    assert seen.messages[1].content == "slow "


@pytest.mark.slow
async def test_a_command_that_takes_long_is_held_and_runs_once(stage: Stage) -> None:
    """What is only received is delivered again after 3 s."""
    server, calls = FastMCP[Any]("bank"), list[str]()

    @server.tool(annotations={"readOnlyHint": True})
    async def search(what: str) -> str:
        calls.append(what)
        await asyncio.sleep(4)
        return "found"

    stage.servers = [server]
    stage.start()
    command = ToolCommand(command_id=new_run_id(), network="testnet", name="search", arguments={"what": "it"})
    stage.store.commands.put(command)
    stage.queue.send(CommandMessage(command_id=command.command_id))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not ((answered := stage.store.commands.get(command.command_id)) and answered.result):  # noqa: ASYNC110  no event
            await asyncio.sleep(0.1)
    assert answered.result.success
    assert calls == ["it"]


@pytest.mark.slow
async def test_a_read_only_tool_runs_for_a_command_and_another_is_refused(stage: Stage) -> None:
    bank = Bank()
    stage.servers = [bank.server()]
    stage.start()
    good = ToolCommand(command_id=new_run_id(), network="mainnet", name="balance", arguments={"who": "A"})
    bad = ToolCommand(
        command_id=new_run_id(), network="testnet", name="transfer", arguments={"to": "A", "amount": 1}
    )
    for command in (good, bad):
        stage.store.commands.put(command)
        stage.queue.send(CommandMessage(command_id=command.command_id))
    page = await stage.open_page()
    await page.ended(await stage.say("after the commands"))
    await stage.stop()
    answered = stage.store.commands.get(good.command_id)
    refused = stage.store.commands.get(bad.command_id)
    assert answered is not None
    assert answered.result is not None
    assert answered.result.success
    assert answered.result.data == {"who": "A", "wei": "7", "network": "mainnet"}
    assert refused is not None
    assert refused.result is not None
    assert not refused.result.success
    assert bank.transfers == []

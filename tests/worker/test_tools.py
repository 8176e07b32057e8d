"""Tool calls: what a person sees, what the LLM gets, and what a failure does."""

from __future__ import annotations

import pytest

from forge.models.message import TOOL_DISPLAY_LIMIT
from tests.worker.scripted_llm import Script, call, results
from tests.worker.stage import KEY, Stage
from tests.worker.tools import Bank


@pytest.mark.slow
async def test_calls_and_results_are_messages_between_the_texts(stage: Stage) -> None:
    bank = Bank()
    stage.servers = [bank.server()]
    stage.llm = Script(
        ["Let me look. ", call("balance", '{"who":"Alice"}', "c1")], ["Alice has 7 wei."]
    ).llm()
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("balance of Alice"))
    assert [(m.sender, m.kind, m.content) for m in seen.messages] == [
        ("user", "text", "balance of Alice"),
        ("agent", "text", "Let me look. "),
        ("system", "tool_call", 'tool: balance | args: {"who":"Alice"}'),
        ("system", "tool_result", '{"who":"Alice","wei":"7","network":"testnet"}'),
        ("agent", "text", "Alice has 7 wei."),
    ]
    call_message, result_message = seen.messages[2], seen.messages[3]
    assert call_message.tool is not None
    assert call_message.tool.arguments == {"who": "Alice"}
    assert result_message.tool is not None
    assert result_message.tool.outcome == "success"


@pytest.mark.slow
async def test_a_tool_error_is_told_to_the_llm_and_the_run_goes_on(stage: Stage) -> None:
    script = Script([call("refuse", '{"why":"closed"}', "c1")], ["It was refused."])
    stage.servers, stage.llm = [Bank().server()], script.llm()
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("try"))
    assert seen.messages[-1].content == "It was refused."
    assert "refused: closed" in seen.messages[-2].content
    assert seen.messages[-2].tool is not None
    assert seen.messages[-2].tool.outcome == "failed"
    ((_, outcome, text),) = results(script.requests[-1])
    assert outcome == "failed"
    assert "refused: closed" in text


@pytest.mark.slow
async def test_a_tool_that_does_not_exist_and_bad_arguments_do_not_end_the_run(stage: Stage) -> None:
    script = Script(
        [call("no_such_tool", "{}", "c1")], [call("balance", '{"who":', "c2")], ["I give up politely."]
    )
    stage.servers, stage.llm = [Bank().server()], script.llm()
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("try"))
    assert seen.messages[-1].content == "I give up politely."
    assert seen.hot is not None
    assert set(seen.hot.outcomes.values()) == {"completed"}


@pytest.mark.slow
async def test_the_network_is_hidden_from_the_llm_and_filled_in_from_the_session(stage: Stage) -> None:
    bank = Bank()
    script = Script([call("balance", '{"who":"Alice"}', "c1")], ["done"])
    stage.servers, stage.llm = [bank.server()], script.llm()
    page = await stage.open_page()
    stage.store.sessions.set_network(KEY, "mainnet")
    stage.start()
    await page.ended(await stage.say("balance"))
    assert bank.reads == [("Alice", "mainnet")]


@pytest.mark.slow
async def test_set_network_affects_the_following_calls_of_this_session(stage: Stage) -> None:
    bank = Bank()
    script = Script(
        [call("set_network", '{"network":"mainnet"}', "c1"), call("balance", '{"who":"Bob"}', "c2", 2)],
        [call("set_network", '{"network":"nowhere"}', "c3")],
        ["done"],
    )
    stage.servers, stage.llm = [bank.server()], script.llm()
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("switch"))
    assert bank.reads == [("Bob", "mainnet")]
    assert seen.hot is not None
    assert seen.hot.network == "mainnet"
    assert "Available: testnet, mainnet" in seen.messages[-2].content


@pytest.mark.slow
async def test_a_long_result_is_cut_for_display_on_a_character_and_whole_for_the_llm(stage: Stage) -> None:
    script = Script([call("long", '{"size":20000}', "c1")], ["done"])
    stage.servers, stage.llm = [Bank().server()], script.llm()
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("long"))
    shown = seen.messages[-2]
    assert shown.content == "é" * TOOL_DISPLAY_LIMIT
    assert shown.tool is not None
    assert shown.tool.truncated
    assert results(script.requests[-1])[0][2] == "é" * 20_000


@pytest.mark.slow
async def test_a_side_effect_carries_the_ledger_key_to_the_server(stage: Stage) -> None:
    bank = Bank()
    stage.servers = [bank.server()]
    stage.llm = Script([call("transfer", '{"to":"Bob","amount":1}', "c1")], ["sent"]).llm()
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("send")
    await page.ended(run_id)
    assert bank.calls == [f"{run_id}:0001:c1"]


@pytest.mark.slow
async def test_a_server_that_is_down_costs_its_tools_and_a_notice_but_not_the_chat(stage: Stage) -> None:
    stage.servers = [Bank().server()]
    stage.dead_servers = ["http://127.0.0.1:9/mcp"]
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("hi"))
    assert seen.messages[-1].content == "hello"
    catalog = stage.store.commands.catalog()
    assert catalog is not None
    assert len(catalog.notices) == 1
    assert {tool.name for tool in catalog.tools} == {"balance", "transfer", "refuse", "long"}
    assert all("network" not in tool.parameters["properties"] for tool in catalog.tools)

"""A worker that lacks what a run needs puts it back for another one, and if none comes, continues and says what is
missing.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from forge.errors import LeaseLost, MissingApiKey
from tests.patience import PATIENCE_SECONDS
from tests.worker.machines import Watched
from tests.worker.scripted_llm import Script, call, results
from tests.worker.stage import Stage
from tests.worker.tools import Bank
from worker.runs.execution import PUT_BACK_MS


def watched_runs(stage: Stage) -> tuple[Any, asyncio.Event]:
    """The runs, and an event for when one has been put back."""
    loop, was_put_back = asyncio.get_running_loop(), asyncio.Event()

    def put_back(lease: Any, _wait: Any = None) -> None:
        stage.store.runs.put_back(lease)
        loop.call_soon_threadsafe(was_put_back.set)

    return Watched(stage.store.runs, put_back=put_back), was_put_back


async def abandoned_payment(stage: Stage, bank: Bank, script: Script) -> str:
    """A run whose worker was lost in the middle of a payment."""
    stage.servers, stage.llm = [bank.server()], script.llm()
    stage.start()
    run_id = await stage.say("pay")
    await bank.has_begun.wait()
    await stage.kill()
    await stage.pass_the_lease()
    stage.servers = []
    return run_id


async def until_put_back(stage: Stage) -> None:
    """By a worker that lacks something, which then ends."""
    runs, was_put_back = watched_runs(stage)
    stage.start(runs=runs)
    await asyncio.wait_for(was_put_back.wait(), PATIENCE_SECONDS)
    await stage.stop()
    await asyncio.to_thread(stage.queue.let_visibility_end)


@pytest.mark.slow
async def test_a_run_is_put_back_for_a_worker_that_has_the_tool_it_called(stage: Stage) -> None:
    bank, script = Bank(), Script([call("transfer", '{"to":"Bob","amount":999}', "c1")], ["I will verify."])
    page = await stage.open_page()
    run_id = await abandoned_payment(stage, bank, script)
    await until_put_back(stage)
    waiting = (await stage.session()).active
    assert waiting is not None
    assert waiting.put_back_at is not None
    assert waiting.attempt == 1  # putting back was no attempt
    stage.servers = [bank.server()]
    stage.start()
    seen = await page.ended(run_id)
    assert seen.messages[-1].content == "I will verify."
    assert results(script.requests[-1])[0][2].startswith("OUTCOME UNKNOWN")
    assert bank.transfers == [("Bob", 999)]


@pytest.mark.slow
async def test_a_started_call_is_unknown_when_no_worker_with_its_tool_comes(stage: Stage) -> None:
    bank, script = Bank(), Script([call("transfer", '{"to":"Bob","amount":999}', "c1")], ["I will verify."])
    page = await stage.open_page()
    run_id = await abandoned_payment(stage, bank, script)
    await until_put_back(stage)
    stage.clock.ahead += PUT_BACK_MS
    stage.start()
    seen = await page.ended(run_id)
    assert seen.messages[-1].content == "I will verify."
    assert seen.messages[-2].content.startswith("OUTCOME UNKNOWN")
    assert bank.transfers == [("Bob", 999)]


@pytest.mark.slow
async def test_a_call_that_was_not_started_is_refused_when_no_worker_with_its_tool_comes(
    stage: Stage,
) -> None:
    bank, script = Bank(), Script([call("transfer", '{"to":"Bob","amount":5}', "c1")], ["It did not work."])
    stage.servers, stage.llm = [bank.server()], script.llm()
    loop, is_lost = asyncio.get_running_loop(), asyncio.Event()

    def lose(*_: Any) -> None:
        loop.call_soon_threadsafe(is_lost.set)
        raise LeaseLost

    page = await stage.open_page()
    stage.start(journal=Watched(stage.store.journal, begin_call=lose))
    run_id = await stage.say("pay")
    await is_lost.wait()
    await stage.kill()
    await stage.pass_the_lease()
    stage.servers = []
    await until_put_back(stage)
    stage.clock.ahead += PUT_BACK_MS
    stage.start()
    seen = await page.ended(run_id)
    assert seen.messages[-1].content == "It did not work."
    assert "'transfer' is not available here at present. It was not called." in seen.messages[-2].content
    assert bank.transfers == []


@pytest.fixture
async def keyless(stage: Stage) -> Stage:
    """A worker with a key has published what it offers; from now on there are only workers without one."""
    await stage.parts().publisher.publish()
    stage.llm_error = MissingApiKey("ANTHROPIC_API_KEY")
    return stage


@pytest.mark.slow
async def test_a_worker_without_a_key_leaves_the_run_to_one_that_has_it(keyless: Stage) -> None:
    page = await keyless.open_page()
    run_id = await keyless.say("hi")
    await until_put_back(keyless)
    catalog = keyless.store.commands.catalog()
    assert catalog is not None
    assert not catalog.missing_api_key  # its own would make every page say that no LLM can answer
    keyless.llm_error = None
    keyless.start()
    seen = await page.ended(run_id)
    assert [message.content for message in seen.messages] == ["hi", "hello"]


@pytest.mark.slow
async def test_a_run_that_no_worker_with_a_key_takes_says_what_to_set(keyless: Stage) -> None:
    page = await keyless.open_page()
    run_id = await keyless.say("hi")
    await until_put_back(keyless)
    keyless.clock.ahead += PUT_BACK_MS
    keyless.start()
    seen = await page.ended(run_id)
    assert seen.hot is not None
    assert seen.hot.outcomes[run_id] == "failed"
    assert "ANTHROPIC_API_KEY" in seen.messages[-1].content

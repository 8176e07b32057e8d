"""A worker is lost among several calls or answers: each call is made once, and limits count all attempts together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.worker.machines import MortalBlocking
from tests.worker.scripted_llm import Script, call, results
from tests.worker.stage import Stage
from tests.worker.tools import Bank


@pytest.mark.slow
@pytest.mark.parametrize("last", range(3, 14, 2))
async def test_parallel_calls_are_each_made_once_wherever_their_worker_is_lost(
    stage: Stage, last: int
) -> None:
    bank = Bank()
    script = Script(
        [
            "All at once. ",
            call("transfer", '{"to":"Bob","amount":5}', "c1", 1),
            call("balance", '{"who":"Bob"}', "c2", 2),
            call("transfer", '{"to":"Eve","amount":6}', "c3", 3),
        ],
        ["Done."],
    )
    stage.servers, stage.llm = [bank.server()], script.llm()
    page = await stage.open_page()
    stage.start(blocking=(machine := MortalBlocking(last, after=False)))
    run_id = await stage.say("pay both")
    await machine.is_dead.wait()
    await stage.replace_worker()
    seen = await page.ended(run_id)
    assert seen.hot is not None
    assert seen.hot.outcomes[run_id] == "completed"
    assert sorted(set(bank.transfers)) == sorted(bank.transfers)
    answered = results(script.requests[-1])
    assert [call_id for call_id, _, _ in answered] == ["c1", "c2", "c3"]
    for call_id, paid in (("c1", ("Bob", 5)), ("c3", ("Eve", 6))):
        (text,) = (text for answered_id, _, text in answered if answered_id == call_id)
        assert paid in bank.transfers or text.startswith("OUTCOME UNKNOWN")
    log = await stage.log()
    assert [sender for sender, _ in log] == ["user", "agent", *["system"] * 6, "agent"]
    assert log[-1] == ("agent", "Done.")


@pytest.mark.slow
async def test_limits_go_on_counting_over_attempts(stage: Stage) -> None:
    """Two answers by a worker that is lost, and one by the next one: then the three that are allowed are used up."""
    bank = Bank()
    look = call("balance", '{"who":"Bob"}', "c1")
    wait = call("transfer", '{"to":"Bob","amount":999}', "c2")
    script = Script(["One. ", look], ["Two. ", wait], ["Three. ", look], ["Never said."])
    stage.servers, stage.llm = [bank.server()], script.llm()
    stage.limits = replace(stage.limits, llm_requests=3)
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("go")
    await bank.has_begun.wait()
    await stage.replace_worker()
    seen = await page.ended(run_id)
    assert "limit for one message (LLM requests)" in seen.messages[-1].content
    assert [text for sender, text in await stage.log() if sender == "agent"] == ["One. ", "Two. ", "Three. "]
    assert len(script.requests) == 3

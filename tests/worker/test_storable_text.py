"""A lone surrogate, which invalid JSON of a provider can contain, must not end a run."""

from __future__ import annotations

import pytest

from tests.worker.scripted_llm import Script, call
from tests.worker.stage import Stage
from tests.worker.tools import Bank


@pytest.mark.slow
async def test_a_lone_surrogate_in_an_answer_is_replaced(stage: Stage) -> None:
    bank = Bank()
    stage.servers = [bank.server()]
    stage.llm = Script(
        ["odd \ud83d ", call("balance", '{"who":"Bob"}', "c1")], ["text \ude00", " ends"]
    ).llm()
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("hi"))
    texts = [message.content for message in seen.messages if message.sender == "agent"]
    assert texts == ["odd \N{REPLACEMENT CHARACTER} ", "text \N{REPLACEMENT CHARACTER} ends"]
    assert [content for sender, content in await stage.log() if sender == "agent"] == texts

"""The daily limit of a signed-in owner: a run beyond it ends clearly, and the limit begins anew at midnight UTC."""

from __future__ import annotations

from typing import Any

import pytest

from forge.errors import StorageUnavailable
from forge.models.session_key import SessionKey
from forge.models.work import Lease
from forge.settings import Settings
from forge.store import open_store
from tests.worker.gateway import Page
from tests.worker.scripted_llm import Script, call
from tests.worker.stage import KEY, Stage
from tests.worker.tools import Bank

OWN = SessionKey("alice", "s1")
OTHER = SessionKey("alice", "s2")
DAY_MS = 86_400_000
USED_UP = "Your account's tokens for today are used up"


@pytest.fixture
def limited(stage: Stage, settings: Settings, dynamodb: Any) -> Stage:
    """One response is more than a day's tokens."""
    stage.store = open_store(settings.model_copy(update={"owner_tokens_per_day": 10}), stage.clock, dynamodb)
    return stage


async def said(stage: Stage, page: Page, content: str = "hi", key: SessionKey = OWN) -> tuple[str, str]:
    """The outcome and the last message."""
    run_id = await stage.say(content, key)
    seen = await page.ended(run_id)
    assert seen.hot is not None
    return seen.hot.outcomes[run_id], seen.messages[-1].content


@pytest.mark.slow
async def test_an_owner_beyond_the_limit_is_told_so_in_every_session_until_midnight(limited: Stage) -> None:
    page, other = await limited.open_page("c1=", OWN), await limited.open_page("c2=", OTHER)
    limited.start()
    assert await said(limited, page) == ("completed", "hello")
    for where, key in ((page, OWN), (other, OTHER)):
        outcome, told = await said(limited, where, key=key)
        assert (outcome, told[: len(USED_UP)]) == ("failed", USED_UP)
        assert "00:00 UTC" in told
    limited.clock.ahead += DAY_MS - limited.clock() % DAY_MS
    tomorrow = await limited.open_page("c3=", OWN)
    assert await said(limited, tomorrow) == ("completed", "hello")


@pytest.mark.slow
async def test_a_run_that_reaches_the_limit_keeps_what_it_has_done(limited: Stage) -> None:
    bank = Bank()
    limited.servers = [bank.server()]
    limited.llm = Script([call("transfer", '{"to":"Bob","amount":1}', "c1")], ["never said"]).llm()
    page = await limited.open_page("c1=", OWN)
    limited.start()
    outcome, told = await said(limited, page)
    assert (outcome, told[: len(USED_UP)]) == ("failed", USED_UP)
    assert bank.transfers == [("Bob", 1)]
    shown = [m.tool.outcome for m in page.conversation.messages if m.kind == "tool_result" and m.tool]
    assert shown == ["success"]


@pytest.mark.slow
async def test_an_anonymous_session_has_no_daily_limit(limited: Stage) -> None:
    page = await limited.open_page()
    limited.start()
    for _ in range(2):
        assert await said(limited, page, key=KEY) == ("completed", "hello")


@pytest.mark.slow
async def test_a_storage_that_fails_when_it_is_asked_is_asked_again(
    limited: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = type(limited.store.runs)
    asked: list[str] = []
    answer = runs.tokens_left

    def fails_once(self: Any, lease: Lease) -> int | None:
        asked.append(lease.run_id)
        if len(asked) == 1:
            raise StorageUnavailable(retry_after=0.1)
        return answer(self, lease)

    monkeypatch.setattr(runs, "tokens_left", fails_once)
    page = await limited.open_page("c1=", OWN)
    limited.start()
    assert await said(limited, page) == ("completed", "hello")
    assert len(asked) == 2

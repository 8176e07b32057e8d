"""A session that waits for the user's wallet is not busy: there is nothing to stop, and messages are answered at
once.
"""

from __future__ import annotations

import asyncio

import pytest

from forge.api import conversations, dependencies
from forge.models.run import IfBusy
from tests.worker.stage import KEY
from tests.worker.wallet.conftest import Payer
from tests.worker.wallet.talk import asking


@pytest.fixture
async def waiting(payer: Payer, monkeypatch: pytest.MonkeyPatch) -> Payer:
    monkeypatch.setattr(dependencies, "store", lambda: payer.stage.store)
    monkeypatch.setattr(dependencies, "queue", lambda: payer.stage.queue)
    monkeypatch.setattr(dependencies, "_catalog", None)
    await payer.say(asking("Bob", "0.25 ether"))
    return payer


async def test_a_stop_leaves_the_wallet_request_open(waiting: Payer) -> None:
    (before,) = await waiting.approvals()
    state = await asyncio.to_thread(conversations.interrupt, KEY, None)
    assert [each.approval_id for each in state.approvals] == [before.approval_id]
    assert await waiting.approvals() == [before]
    assert set((await waiting.stage.session()).recent.values()) == {"waiting"}
    assert waiting.page.conversation.messages[-1].kind == "tool_result"


@pytest.mark.parametrize("if_busy", ["enqueue", "reject", "interrupt"])
async def test_a_message_is_answered_while_the_wallet_is_waited_for(waiting: Payer, if_busy: IfBusy) -> None:
    (before,) = await waiting.approvals()
    accepted, _ = await asyncio.to_thread(
        conversations.post_chat, KEY, asking("Charlie", "0.5 ether"), if_busy=if_busy
    )
    run_id = accepted.run_id
    seen = await waiting.page.ended(run_id)
    assert seen.hot is not None
    assert seen.hot.outcomes[run_id] == "waiting"
    assert before in await waiting.approvals()
    assert len(seen.hot.approvals) == 2

"""A worker may be stopped, replaced or lost at any moment of an approval's life; nothing is used twice or lost."""

from __future__ import annotations

import pytest

from forge.models.approval_reply import ApprovalReply
from tests.worker.machines import MortalBlocking
from tests.worker.wallet.conftest import Payer, last_notice
from tests.worker.wallet.talk import ASK, asking


async def lose_and_replace(payer: Payer, machine: MortalBlocking) -> None:
    await machine.is_dead.wait()
    await payer.stage.replace_worker()


async def replace(payer: Payer, machine: MortalBlocking) -> None:
    await payer.stage.stop()
    payer.stage.start(blocking=machine)


async def test_a_request_survives_a_restart_of_the_worker(payer: Payer) -> None:
    await payer.say(asking("Bob", "1"))
    (approval,) = await payer.approvals()
    await payer.stage.stop()
    tx_hash = await payer.sign(approval)
    payer.stage.start()
    seen = await payer.answer("sent", tx_hash, to=approval.approval_id)
    assert last_notice(seen).startswith("Done: ")
    assert f"Heard: [wallet] {last_notice(seen)}" == seen.messages[-1].content


@pytest.mark.parametrize(("last", "after"), [(2, False), (3, False), (5, False), (5, True)])
async def test_a_worker_lost_while_it_asks_leaves_one_request(payer: Payer, last: int, after: bool) -> None:
    machine = MortalBlocking(last, after=after)
    await replace(payer, machine)
    run_id = await payer.stage.say(asking("Bob", "1"))
    await lose_and_replace(payer, machine)
    seen = await payer.page.ended(run_id)
    assert len(await payer.approvals()) == 1
    assert seen.hot is not None
    assert seen.hot.outcomes == {run_id: "waiting"}
    assert [m.kind for m in seen.messages if m.tool and m.tool.name == ASK] == ["tool_call", "tool_result"]


@pytest.mark.parametrize(
    ("last", "after"), [(2, False), (3, False), (3, True), (4, False), (4, True), (5, True)]
)
async def test_a_worker_lost_while_it_answers_uses_the_approval_once(
    payer: Payer, last: int, after: bool
) -> None:
    await payer.say(asking("Bob", "1"))
    (approval,) = await payer.approvals()
    tx_hash = await payer.sign(approval)
    machine = MortalBlocking(last, after=after)
    await replace(payer, machine)
    reply = ApprovalReply(approval_id=approval.approval_id, outcome="sent", transaction_hash=tx_hash)
    run_id = await payer.stage.say("Transaction sent", sender="system", approval=reply)
    await lose_and_replace(payer, machine)
    await payer.page.ended(run_id)
    told = [
        text
        for sender, text in await payer.stage.log()
        if sender == "system" and text.startswith(("Done: ", "Outcome unknown: "))
    ]
    assert len(told) == 1
    assert told[0].startswith("Done: ")
    session = await payer.stage.session()
    assert session.approvals == []
    assert session.used_hashes == [tx_hash]
    assert session.recent[run_id] == "completed"

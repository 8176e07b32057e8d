"""`bind_wallet`: a request is simulated again for the account that will sign it."""

from __future__ import annotations

import asyncio
from typing import Any

from eth_utils.address import to_checksum_address

from forge.models.approval import Approval, Claim
from forge.models.ids import new_run_id
from forge.models.run import Binding, CommandMessage, CommandResult, ToolCommand
from tests.patience import PATIENCE_SECONDS
from tests.worker.stage import KEY
from tests.worker.wallet.conftest import Payer
from tests.worker.wallet.talk import asking

BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


async def asked(payer: Payer, value: str = "0.5 ether", **more: Any) -> Approval:
    await payer.say(asking("Bob", value, **more))
    return (await payer.approvals())[-1]


async def bound(payer: Payer, approval_id: str, account: str) -> CommandResult:
    """As the function asks a worker."""
    binding = Binding(key=KEY, approval_id=approval_id, account=account)
    command = ToolCommand(
        command_id=new_run_id(), network="", name="bind_wallet", arguments={}, binding=binding
    )
    payer.stage.store.commands.put(command)
    payer.stage.queue.send(CommandMessage(command_id=command.command_id))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not ((answered := payer.stage.store.commands.get(command.command_id)) and answered.result):  # noqa: ASYNC110  no event
            await asyncio.sleep(0.05)
    return answered.result


async def test_the_request_gets_its_sender_a_new_digest_and_a_review_that_knows_what_moves(
    payer: Payer,
) -> None:
    before = await asked(payer)
    account = to_checksum_address(payer.account(4))
    result = await bound(payer, before.approval_id, account)
    assert result.success, result.message
    (after,) = await payer.approvals()
    assert (after.transaction.sender, after.digest) == (account, after.transaction.digest())
    assert after.digest != before.digest
    assert (before.review.outcome, after.review.outcome) == ("unknown", "moves")
    (change,) = after.review.changes
    assert (change.direction, change.formatted, change.to) == ("out", "0.5", BOB)
    assert after.after_nonce is not None
    assert (after.created_at, after.expires_at) == (before.created_at, before.expires_at)
    shown = await payer.page.until(lambda known: bool(known.hot and known.hot.approvals[0].sender))
    assert shown.hot is not None
    assert shown.hot.approvals[0].digest == after.digest


async def test_a_request_that_is_in_a_wallet_or_may_have_been_sent_is_not_changed(payer: Payer) -> None:
    before = await asked(payer)
    claim = Claim(claim_id="claim-0001", account=payer.account(2), until=payer.stage.clock() + 120_000)
    payer.stage.store.approvals.claim(KEY, before.approval_id, claim, before.digest)
    result = await bound(payer, before.approval_id, payer.account(4))
    assert (result.success, "is in a wallet now" in result.message) == (False, True)
    payer.stage.clock.ahead += 121_000
    assert "may have been sent" in (await bound(payer, before.approval_id, payer.account(4))).message
    (after,) = await payer.approvals()
    assert after.digest == before.digest


async def test_an_account_for_which_it_would_fail_is_told_so_and_changes_nothing(payer: Payer) -> None:
    before = await asked(payer)
    result = await bound(payer, before.approval_id, "0x" + "5e" * 20)
    assert (result.success, "The simulation failed" in result.message) == (False, True)
    assert await payer.approvals() == [before]


async def test_an_unknown_request_is_not_bound(payer: Payer) -> None:
    await asked(payer)
    result = await bound(payer, "0" * 32, payer.account(4))
    assert (result.success, result.message) == (False, "This request is not open any more.")


async def test_the_connected_wallet_is_the_sender_of_a_new_request_unless_another_is_named(
    payer: Payer,
) -> None:
    await asked(payer, "0.1 ether")
    payer.stage.store.sessions.set_wallet(KEY, payer.account(5))
    assert (await asked(payer)).transaction.sender == to_checksum_address(payer.account(5))
    assert (await asked(payer, wallet_address=payer.account(6))).transaction.sender == to_checksum_address(
        payer.account(6)
    )


async def test_what_may_have_been_sent_is_told_when_a_like_request_is_bound_to_its_account(
    payer: Payer,
) -> None:
    other, account = payer.account(4), to_checksum_address(payer.account(5))
    before, first = [await asked(payer, wallet_address=each) for each in (other, account)]
    same = await bound(payer, before.approval_id, account)
    assert (same.success, "Another open request" in same.message) == (False, True)
    claim = Claim(claim_id="claim-0001", account=account, until=payer.stage.clock() + 120_000)
    payer.stage.store.approvals.claim(KEY, first.approval_id, claim, first.digest)
    await payer.answer("rejected", to=first.approval_id)
    assert (await payer.approvals())[0].reported == []
    assert (await bound(payer, before.approval_id, account)).success
    (after,) = await payer.approvals()
    assert (after.transaction.sender, [each.outcome for each in after.reported]) == (account, ["unknown"])

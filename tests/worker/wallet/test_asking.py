"""Asking the wallet: what is checked first, what waits then, and what is refused without an approval."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from forge.errors import ApprovalHeld
from forge.models.approval import CLAIM_MS, Approval, Claim
from tests.mcp_servers.conftest import rpc
from tests.worker.stage import KEY
from tests.worker.wallet.conftest import Payer, last_notice
from tests.worker.wallet.talk import ASK, asking, calling, pairs

BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
UNKNOWN_HASH = "0x" + "ab" * 32


async def test_the_run_ends_waiting_with_an_approval_that_is_bound_to_the_transaction(payer: Payer) -> None:
    seen = await payer.say(asking("Bob", "0.25 ether"))
    assert set(seen.hot.outcomes.values()) == {"waiting"} if seen.hot else False
    (approval,) = await payer.approvals()
    assert (approval.transaction.to, approval.transaction.value) == (BOB, "250000000000000000")
    assert (approval.network, approval.transaction.chain_id) == ("testnet", 31337)
    assert approval.digest == approval.transaction.digest()
    assert approval.expires_at - approval.created_at == 15 * 60_000
    assert (approval.simulation or "").startswith("WHAT IT MOVES IS NOT KNOWN")
    assert approval.review.outcome == "unknown"
    assert seen.hot is not None
    assert [each.approval_id for each in seen.hot.approvals] == [approval.approval_id]
    assert seen.messages[-1].kind == "tool_result"
    assert "Nothing has been sent so far" in seen.messages[-1].content
    # What only the LLM needs to know is for the LLM only.
    assert "[wallet]" not in seen.messages[-1].content
    assert approval.approval_id not in seen.messages[-1].content
    await payer.say("and now?")
    assert "[wallet] will say what became of it" in payer.talk.said_to


async def test_an_approval_is_stored_no_later_than_it_is_shown(payer: Payer) -> None:
    run_id = await payer.stage.say(asking("Bob", "1"))
    await payer.page.until(lambda known: bool(known.hot and known.hot.approvals))
    session = await payer.stage.session()
    assert session.approvals
    assert session.active is None
    assert session.recent[run_id] == "waiting"


async def test_a_real_network_is_asked_with_its_own_chain_id(payer: Payer) -> None:
    payer.stage.store.sessions.set_network(KEY, "base")
    await payer.say(asking(BOB, "0.1 ether"))
    (approval,) = await payer.approvals()
    assert (approval.network, approval.transaction.chain_id) == ("base", 8453)


async def test_a_call_is_shown_decoded(payer: Payer) -> None:
    data = "0xa9059cbb" + BOB[2:].lower().rjust(64, "0") + f"{1500:x}".rjust(64, "0")
    await payer.say(asking(payer.account(3), "0", data=data))
    (approval,) = await payer.approvals()
    assert approval.decoded is not None
    assert approval.decoded.startswith("transfer(")
    assert BOB in approval.decoded
    assert "1500" in approval.decoded


REVERTING = "0x60006000fd"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"to": "0x1234", "value": "1"}, "is not an address"),
        ({"to": BOB.lower().replace("7", "8", 1), "value": "one ether"}, "Cannot read the amount"),
        ({"to": BOB[:-1] + "9", "value": "1"}, "checksum"),
        ({"to": "", "value": "1", "data": "0x6000"}, "needs a recipient"),
        ({"to": BOB, "value": "1", "data": "0x123"}, "Pass it as `data`"),
        ({"to": BOB, "value": "999999 ether", "wallet_address": BOB}, "simulation failed"),
        ({"to": BOB, "value": "1", "gas": "20999", "wallet_address": BOB}, "simulation failed"),
        ({"to": BOB, "value": "1", "gas": "20999"}, "simulation failed"),
    ],
    ids=[
        "short address",
        "amount",
        "checksum",
        "creation",
        "data",
        "insufficient funds",
        "too little gas",
        "too little gas for anyone",
    ],
)
async def test_a_bad_request_is_told_to_the_llm_and_asks_nobody(
    payer: Payer, arguments: dict[str, str], reason: str
) -> None:
    seen = await payer.say(calling((ASK, {"description": "A payment", **arguments})))
    assert reason in seen.messages[-1].content
    assert await payer.approvals() == []


async def test_a_gas_limit_that_suffices_is_simulated_and_suggested(payer: Payer) -> None:
    sufficient = {"to": BOB, "value": "1", "gas": "21000", "wallet_address": BOB}
    await payer.say(calling((ASK, {"description": "A payment", **sufficient})))
    (approval,) = await payer.approvals()
    assert approval.transaction.gas == "21000"
    assert approval.review.fee


async def test_a_transaction_that_would_revert_asks_nobody(payer: Payer) -> None:
    address = "0x00000000000000000000000000000000000bad00"
    rpc(payer.url, "anvil_setCode", address, REVERTING)
    seen = await payer.say(asking(address, "0", data="0x12345678"))
    assert "simulation failed" in seen.messages[-1].content
    assert await payer.approvals() == []


async def test_several_requests_wait_beside_each_other_and_beside_other_tools(payer: Payer) -> None:
    both = ((ASK, {"to": "Bob", "value": str(n), "description": "A payment"}) for n in (1, 2))
    seen = await payer.say(calling(*both, ("balance", {"who": "Alice"})))
    assert [each.transaction.value for each in await payer.approvals()] == ["1", "2"]
    assert [m.tool.name for m in seen.messages if m.kind == "tool_result" and m.tool].count(ASK) == 2
    await payer.say(asking("Bob", "3"))
    assert [each.transaction.value for each in await payer.approvals()] == ["1", "2", "3"]


async def test_the_same_transaction_is_asked_for_once_until_it_is_settled(payer: Payer) -> None:
    """Also if a wallet has had it: a new card would not say that it may have been sent."""
    await payer.say(asking("Bob", "1"))
    (approval,) = await payer.approvals()
    seen = await payer.answer("sent", UNKNOWN_HASH, to=approval.approval_id)
    assert "The request stays open" in last_notice(seen)
    again = (ASK, {"to": BOB, "value": "1", "description": "Once more"})
    seen = await payer.say(calling(again))
    assert f"is in request {approval.approval_id} already" in seen.messages[-1].content
    other = (ASK, {"to": BOB, "value": "2", "description": "Another"})
    seen = await payer.say(calling(other, other))
    assert [each.transaction.value for each in await payer.approvals()] == ["1", "2"]
    await payer.answer("rejected", to=approval.approval_id)
    await payer.say(calling(again))
    assert [each.transaction.value for each in await payer.approvals()] == ["2", "1"]


async def claimed(payer: Payer, approval: Approval, *, again: bool = False) -> None:
    until = payer.stage.clock() + CLAIM_MS
    claim = Claim(claim_id="tab-one-1", account=payer.account(9), until=until)
    payer.stage.store.approvals.claim(payer.key, approval.approval_id, claim, approval.digest, again=again)


async def lapsed_in_a_wallet(payer: Payer, approval: Approval) -> None:
    await claimed(payer, approval)
    payer.stage.clock.ahead += 20 * 60_000


async def answered_too_late(payer: Payer, approval: Approval) -> None:
    payer.stage.clock.ahead += 20 * 60_000
    await payer.answer("sent", UNKNOWN_HASH, to=approval.approval_id)


async def rejected_while_a_wallet_had_it(payer: Payer, approval: Approval) -> None:
    await claimed(payer, approval)
    await payer.answer("rejected", to=approval.approval_id)


async def sent_and_in_no_block_yet(payer: Payer, approval: Approval) -> None:
    rpc(payer.url, "evm_setAutomine", False)
    try:
        await payer.answer("sent", await payer.sign(approval), to=approval.approval_id)
    finally:
        rpc(payer.url, "evm_setAutomine", True)
        rpc(payer.url, "evm_mine")


Ends = Callable[[Payer, Approval], Awaitable[None]]


@pytest.mark.parametrize(
    "ends",
    [lapsed_in_a_wallet, answered_too_late, rejected_while_a_wallet_had_it, sent_and_in_no_block_yet],
)
async def test_what_a_used_up_request_may_have_sent_is_told_when_it_is_asked_for_again(
    payer: Payer, ends: Ends
) -> None:
    await payer.say(asking("Bob", "1"))
    (before,) = await payer.approvals()
    await ends(payer, before)
    seen = await payer.say(asking("Bob", "1"))
    (after,) = await payer.approvals()
    assert after.approval_id != before.approval_id
    assert [report.outcome for report in after.reported] == ["unknown"]
    assert all(report.at < after.created_at for report in after.reported)
    assert "it may be paid twice" in seen.messages[-1].content
    payer.stage.store.approvals.bind(payer.key, after.digest, after)
    with pytest.raises(ApprovalHeld, match="may have been sent"):
        await claimed(payer, after)
    await claimed(payer, after, again=True)
    await payer.say(asking("Bob", "2"))
    assert (await payer.approvals())[-1].reported == []


async def test_what_no_wallet_has_had_is_asked_for_again_without_a_doubt(payer: Payer) -> None:
    await payer.say(asking("Bob", "1"))
    payer.stage.clock.ahead += 20 * 60_000
    await payer.say(asking("Bob", "1"))
    (approval,) = await payer.approvals()
    assert approval.reported == []
    await payer.answer("rejected", to=approval.approval_id)
    await payer.say(asking("Bob", "1"))
    assert (await payer.approvals())[0].reported == []


async def test_the_same_transaction_of_two_accounts_is_two(payer: Payer) -> None:
    for number in (3, 4):
        await payer.say(asking("Bob", "1", wallet_address=payer.account(number)))
    assert len(await payer.approvals()) == 2


async def test_no_more_requests_wait_than_a_person_can_look_at(payer: Payer) -> None:
    six = ((ASK, {"to": "Bob", "value": str(n), "description": "A payment"}) for n in range(1, 7))
    seen = await payer.say(calling(*six))
    assert len(await payer.approvals()) == 5
    assert any("are waiting already" in message.content for message in seen.messages)


async def test_a_chat_while_one_waits_goes_on_and_the_history_stays_whole(payer: Payer) -> None:
    await payer.say(asking("Bob", "1"))
    await payer.say("what is it for?")
    seen = await payer.say("and now?")
    assert seen.messages[-1].content == "Heard: and now?"
    calls, returns = pairs(payer.talk.requests[-1])
    assert calls == returns
    assert "WAITING for the user's wallet" in payer.talk.said_to
    assert "what is it for?" in payer.talk.said_to
    assert len(await payer.approvals()) == 1

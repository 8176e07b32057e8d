"""Wallets that replace, extend or hide what they send: the outcome is what a real chain shows."""

from __future__ import annotations

from typing import Any

import pytest

from forge.models.approval import Approval, Claim, Report
from tests.mcp_servers.bytecode import STOP
from tests.mcp_servers.conftest import rpc
from tests.store.scenes import approval as request_of
from tests.worker.wallet.giving_calls import called
from tests.worker.wallet.payments import ANYTHING, BOB, UNKNOWN_HASH, Payments
from worker.agent.wallet.answer import verdict as verdicts

SUFFIX = "8021" * 8
TRANSFER = "0x" + called("transfer(address,uint256)", BOB, 5).hex()


async def test_bytes_that_a_wallet_puts_behind_a_call_leave_it_the_same_call(payments: Payments) -> None:
    payments.code(ANYTHING, STOP)
    approval = payments.request(ANYTHING, 0, TRANSFER)
    found = await payments.verdict(approval, payments.send(ANYTHING, 0, TRANSFER + SUFFIX))
    assert found.receipt.outcome == "succeeded"
    assert "the wallet put 16 bytes behind the call" in found.text


async def test_bytes_that_a_wallet_leaves_out_behind_a_call_leave_it_the_same_call(
    payments: Payments,
) -> None:
    payments.code(ANYTHING, STOP)
    approval = payments.request(ANYTHING, 0, TRANSFER + SUFFIX)
    found = await payments.verdict(approval, payments.send(ANYTHING, 0, TRANSFER))
    assert found.receipt.outcome == "succeeded"
    assert "left out 16 bytes" in found.text


@pytest.mark.parametrize(("to", "outcome"), [(BOB, "succeeded"), (ANYTHING, "different")])
async def test_bytes_in_a_plain_payment_are_a_call_only_where_there_is_a_contract(
    payments: Payments, to: str, outcome: str
) -> None:
    payments.code(ANYTHING, STOP)
    found = await payments.verdict(payments.request(to), payments.send(to, data="0x" + SUFFIX))
    assert found.receipt.outcome == outcome


@pytest.mark.parametrize("cut", [2, 40, 66])
async def test_a_call_that_lacks_arguments_is_another_one(payments: Payments, cut: int) -> None:
    payments.code(ANYTHING, STOP)
    found = await payments.verdict(
        payments.request(ANYTHING, 0, TRANSFER), payments.send(ANYTHING, 0, TRANSFER[:-cut])
    )
    assert (found.receipt.outcome, found.closes) == ("different", False)


@pytest.mark.parametrize("names_sender", [True, False], ids=["sender", "claim"])
async def test_a_sped_up_transaction_is_found_by_its_account(payments: Payments, names_sender: bool) -> None:
    who = {"sender": payments.payer} if names_sender else {"claimed_by": payments.payer}
    approval = payments.request(value=7, **who)
    mined = payments.send(value=7)
    found = await payments.verdict(approval, UNKNOWN_HASH)
    assert (found.receipt.outcome, found.used_hash) == ("succeeded", mined)
    assert f"instead of the reported {UNKNOWN_HASH}" in found.text


async def test_a_transaction_that_was_cancelled_in_the_wallet_is_told_as_not_sent(payments: Payments) -> None:
    rpc(payments.url, "evm_setAutomine", False)
    approval = payments.request(value=9, claimed_by=payments.payer)
    first = payments.send(value=9, gasPrice=hex(10**10))
    nonce = rpc(payments.url, "eth_getTransactionByHash", first)["nonce"]
    looks: list[int] = []

    def cancel() -> None:
        looks.append(1)
        if len(looks) == 2:
            payments.send(payments.payer, 0, gasPrice=hex(10**11), nonce=nonce)
            rpc(payments.url, "evm_mine")

    try:
        found = await payments.verdict(approval, first, between=cancel)
    finally:
        rpc(payments.url, "evm_setAutomine", True)
        rpc(payments.url, "evm_mine")
    assert (found.receipt.outcome, found.closes) == ("different", False)
    assert found.text.startswith("Not sent: ")


async def test_a_wallet_that_says_nothing_is_looked_up_by_its_account(payments: Payments) -> None:
    approval = payments.request(value=11, claimed_by=payments.payer)
    payments.send(value=12)
    mined = payments.send(value=11)
    found = await payments.verdict(approval, None)
    assert (found.receipt.outcome, found.receipt.transaction_hash) == ("succeeded", mined)


@pytest.mark.parametrize("claimed", [True, False])
async def test_nothing_on_the_chain_is_unknown_and_never_not_sent(payments: Payments, claimed: bool) -> None:
    approval = payments.request(value=13, claimed_by=payments.other if claimed else "")
    found = await payments.verdict(approval, None)
    assert (found.receipt.outcome, found.closes) == ("unknown", False)
    assert "may have been sent" in found.text
    report = found.report(5)
    assert report is not None
    assert (report.outcome, report.transaction_hash) == ("unknown", None)


async def test_what_settled_another_request_settles_no_second_one(payments: Payments) -> None:
    approval = payments.request(value=15, claimed_by=payments.payer)
    first = payments.send(value=15)
    assert (await payments.verdict(approval, None, used=(first,))).receipt.outcome == "unknown"


async def test_another_payer_is_told_and_closes_the_request(payments: Payments) -> None:
    approval = payments.request(value=17, sender=payments.other)
    found = await payments.verdict(approval, payments.send(value=17))
    assert (found.receipt.outcome, found.closes) == ("succeeded", True)
    assert f"it came from {payments.payer}, not from {payments.other}" in found.text


ASKED = request_of("a" * 32, "b" * 32)
LAPSED = Claim(claim_id="tab-one-1", account=BOB, until=1)
NOT_FOUND = Report(outcome="not_found", transaction_hash=UNKNOWN_HASH, at=ASKED.created_at)


def test_a_request_that_no_wallet_had_ends_with_nothing_sent() -> None:
    assert "nothing was sent" in verdicts.expired(ASKED).text
    assert "Nothing was sent" in verdicts.rejected(ASKED, "").text


@pytest.mark.parametrize(
    "asked",
    [ASKED.model_copy(update={"claim": LAPSED}), ASKED.model_copy(update={"reported": [NOT_FOUND]})],
    ids=["claimed", "reported"],
)
def test_nobody_is_told_that_nothing_was_sent_when_a_wallet_had_the_request(asked: Approval) -> None:
    for ended in (verdicts.expired(asked), verdicts.rejected(asked, "")):
        assert ended.closes
        assert "nothing was sent" not in ended.text.lower()
        assert "look before it is asked again" in ended.text


WITHOUT_HASH = Report(outcome="unknown", at=1)


@pytest.mark.parametrize(
    ("asked", "answered", "is_open"),
    [
        ({}, None, False),
        ({"claim": LAPSED}, None, True),
        ({"claim": LAPSED}, LAPSED.claim_id, False),
        ({"claim": LAPSED}, "tab-two-2", True),
        ({"claim": LAPSED, "reported": [NOT_FOUND]}, None, False),
        (
            {"claim": LAPSED.model_copy(update={"until": ASKED.created_at + 9}), "reported": [NOT_FOUND]},
            None,
            True,
        ),
        ({"claim": LAPSED, "reported": [WITHOUT_HASH]}, LAPSED.claim_id, True),
        ({"reported": [NOT_FOUND]}, None, False),
    ],
)
def test_a_wallet_that_was_asked_and_has_not_answered_is_named_when_the_request_is_used_up(
    asked: dict[str, Any], answered: str | None, is_open: bool
) -> None:
    approval = ASKED.model_copy(update=asked)
    ended = verdicts.with_open_wallets(verdicts.pending(approval, UNKNOWN_HASH, 1), approval, answered)
    stays = verdicts.with_open_wallets(verdicts.unknown(approval, "nobody knows"), approval, answered)
    assert (ended.receipt.may_still_ask, "rejected there" in ended.text) == (is_open, is_open)
    assert not stays.receipt.may_still_ask
    for told in (verdicts.expired(approval), verdicts.rejected(approval, "")):
        assert told.receipt.may_still_ask == verdicts.is_in_a_wallet(approval)

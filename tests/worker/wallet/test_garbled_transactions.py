"""Nodes that leave out, null or garble any fields of a transaction and its receipt."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from forge.models.approval import Approval, WalletTransaction
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.payments import BOB, UNKNOWN_HASH
from worker.agent.wallet.answer import verdict as verdicts
from worker.agent.wallet.answer.match_transaction import matched
from worker.ethereum.chains import Chains
from worker.ethereum.node import Receipt, Transaction

RIGHT = {
    "hash": UNKNOWN_HASH,
    "from": BOB,
    "to": BOB,
    "value": "0x1",
    "input": "0x",
    "nonce": "0x0",
    "chainId": "0x7a69",
    "blockNumber": "0x9",
}
RECEIPT = {"status": "0x1", "blockNumber": "0x9", "gasUsed": "0x1", "effectiveGasPrice": "0x1", "logs": []}
GARBLED = st.sampled_from([None, "", "0x", "nonsense", [], {}, True, -1, 1.5, "0xzz"])


def spoiled(whole: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any fields left out, and any of the others garbled."""
    left = st.sets(st.sampled_from(sorted(whole)))
    odd = st.dictionaries(st.sampled_from(sorted(whole)), GARBLED)
    return st.builds(
        lambda gone, put: {k: put.get(k, v) for k, v in whole.items() if k not in gone}, left, odd
    )


@examples(150)
@given(spoiled({name: value for name, value in RIGHT.items() if name != "chainId"}))
def test_what_a_node_leaves_out_of_a_transaction_never_makes_it_another_one(fields: dict[str, Any]) -> None:
    wanted = WalletTransaction.of_call(31337, BOB, value="1")
    approval = Approval(
        approval_id="a" * 32, run_id="r", call_id="c", network="testnet", transaction=wanted,
        digest=wanted.digest(), description="", after_block=1, created_at=0, expires_at=1,
    )  # fmt: skip
    found = Transaction.read({**fields, "chainId": "0x7a69"})
    assert found is not None
    tried("transactions with fields left out", fields)
    chain = Chains.from_environment({"TESTNET_RPC_URL": "http://127.0.0.1:9"}).get("testnet")
    match = asyncio.run(matched(chain, approval, found))
    if match.kind == "different":
        assert found.to_kind == "none" or str(found.value) != "1" or found.input != "0x"
        assert all(
            told.split(" is ")[0] in {"the recipient", "the value in wei", "the call data"}
            for told in match.told
        )
    told = verdicts.unknown(approval, "; ".join(match.told) or "nothing")
    assert told.receipt.outcome == "unknown"


@examples(150)
@given(spoiled(RECEIPT))
def test_a_receipt_that_does_not_say_so_is_never_a_failure(fields: dict[str, Any]) -> None:
    wanted = WalletTransaction.of_call(31337, BOB, value="1")
    approval = Approval(
        approval_id="a" * 32, run_id="r", call_id="c", network="testnet", transaction=wanted,
        digest=wanted.digest(), description="", created_at=0, expires_at=1,
    )  # fmt: skip
    receipt = Receipt.read(fields)
    assert receipt is not None
    tried("receipts with fields left out", fields)
    found = verdicts.mined(approval, UNKNOWN_HASH, receipt, receipt.succeeded, receipt.fee(), [])
    expected = "succeeded" if fields.get("status") in ("0x1", True) else "unknown"
    assert (found.receipt.outcome, found.closes) == (expected, True)

"""Wallets that replace, wrap, extend or hide what they send: judged by what is on a real chain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from forge.models.approval import Approval, Claim, WalletTransaction
from tests.mcp_servers.bytecode import STOP, push
from tests.mcp_servers.conftest import rpc
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.giving_calls import called, safe
from worker.agent.wallet import verdict as verdicts
from worker.agent.wallet.carried import SAFE_FAILURE, SAFE_SUCCESS, USER_OPERATION
from worker.agent.wallet.matching import matched
from worker.agent.wallet.verdict import Verdict
from worker.agent.wallet.verify import verify
from worker.mcp_servers.chains import Chains
from worker.mcp_servers.node import Receipt, Transaction

BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
UNKNOWN_HASH = "0x" + "ab" * 32
ANYTHING = "0x00000000000000000000000000000000000f00d0"
ACCOUNT = "0x00000000000000000000000000000000000acc00"
ENTRY_POINT = "0x00000000000000000000000000000000000e0001"
SUFFIX = "8021" * 8
TRANSFER = "0x" + called("transfer(address,uint256)", BOB, 5).hex()

CALLS_ITS_FIRST_ARGUMENT = (
    push(0, 1) * 4 + push(0x24, 1) + b"\x35" + push(4, 1) + b"\x35\x5a\xf1\x15"  # CALL, ISZERO
    + push(24, 1) + b"\x57\x00\x5b" + push(0, 1) * 2 + b"\xfd"
)  # fmt: skip
"""`execute(to, value, …)` of a real account: it pays, or fails with the payment."""


def logging(*topics: str, data: bytes = b"") -> bytes:
    """A contract that only writes one log."""
    code = b"".join(
        push(int.from_bytes(data[i : i + 32]), 32) + push(i, 1) + b"\x52" for i in range(0, len(data), 32)
    )
    code += b"".join(push(int(topic, 16), 32) for topic in reversed(topics))
    return code + push(len(data), 1) + push(0, 1) + bytes([0xA0 + len(topics)]) + STOP


@dataclass
class Scene:
    url: str
    chains: Chains
    payer: str
    other: str

    def request(
        self, to: str = BOB, value: int = 1, data: str = "0x", *, claimed_by: str = "", sender: str = ""
    ) -> Approval:
        wanted = WalletTransaction.of_call(31337, to, value=str(value), data=data, sender=sender or None)
        claim = Claim(claim_id="claim-0001", account=claimed_by, until=1) if claimed_by else None
        nonce = int(rpc(self.url, "eth_getTransactionCount", sender, "latest"), 16) if sender else None
        return Approval(
            approval_id="a" * 32,
            run_id="r" * 32,
            call_id="c",
            network="testnet",
            transaction=wanted,
            digest=wanted.digest(),
            description="",
            after_block=int(rpc(self.url, "eth_blockNumber"), 16),
            after_nonce=nonce,
            claim=claim,
            created_at=0,
            expires_at=2**41,
        )

    def send(self, to: str = BOB, value: int = 1, data: str = "0x", **other: str) -> str:
        usual = {"from": self.payer, "to": to, "value": hex(value), "input": data}
        return rpc(self.url, "eth_sendTransaction", {**usual, **other})

    def code(self, address: str, code: bytes) -> None:
        rpc(self.url, "anvil_setCode", address, "0x" + code.hex())

    async def verdict(
        self,
        approval: Approval,
        tx_hash: str | None,
        *,
        used: tuple[str, ...] = (),
        between: Callable[[], None] = lambda: None,
    ) -> Verdict:
        """`between`: what happens on the chain between two looks."""

        def stopped() -> bool:
            between()
            return False

        return await verify(self.chains, approval, tx_hash, seconds=0.4, stopped=stopped, used=used)


@pytest.fixture
async def scene(anvil: str) -> AsyncIterator[Scene]:
    chains = Chains.from_environment({"TESTNET_RPC_URL": anvil})
    accounts = rpc(anvil, "eth_accounts")
    yield Scene(anvil, chains, accounts[6], accounts[7])
    await chains.close()


async def test_bytes_that_a_wallet_puts_behind_a_call_leave_it_the_same_call(scene: Scene) -> None:
    scene.code(ANYTHING, STOP)
    approval = scene.request(ANYTHING, 0, TRANSFER)
    found = await scene.verdict(approval, scene.send(ANYTHING, 0, TRANSFER + SUFFIX))
    assert found.receipt.outcome == "succeeded"
    assert "the wallet put 16 bytes behind the call" in found.text


async def test_bytes_that_a_wallet_leaves_out_behind_a_call_leave_it_the_same_call(scene: Scene) -> None:
    scene.code(ANYTHING, STOP)
    approval = scene.request(ANYTHING, 0, TRANSFER + SUFFIX)
    found = await scene.verdict(approval, scene.send(ANYTHING, 0, TRANSFER))
    assert found.receipt.outcome == "succeeded"
    assert "left out 16 bytes" in found.text


@pytest.mark.parametrize(("to", "outcome"), [(BOB, "succeeded"), (ANYTHING, "different")])
async def test_bytes_in_a_plain_payment_are_a_call_only_where_there_is_a_contract(
    scene: Scene, to: str, outcome: str
) -> None:
    scene.code(ANYTHING, STOP)
    found = await scene.verdict(scene.request(to), scene.send(to, data="0x" + SUFFIX))
    assert found.receipt.outcome == outcome


@pytest.mark.parametrize("cut", [2, 40, 66])
async def test_a_call_that_lacks_arguments_is_another_one(scene: Scene, cut: int) -> None:
    scene.code(ANYTHING, STOP)
    found = await scene.verdict(
        scene.request(ANYTHING, 0, TRANSFER), scene.send(ANYTHING, 0, TRANSFER[:-cut])
    )
    assert (found.receipt.outcome, found.closes) == ("different", False)


@pytest.mark.parametrize("names_sender", [True, False], ids=["sender", "claim"])
async def test_a_sped_up_transaction_is_found_by_its_account(scene: Scene, names_sender: bool) -> None:
    who = {"sender": scene.payer} if names_sender else {"claimed_by": scene.payer}
    approval = scene.request(value=7, **who)
    mined = scene.send(value=7)
    found = await scene.verdict(approval, UNKNOWN_HASH)
    assert (found.receipt.outcome, found.used_hash) == ("succeeded", mined)
    assert f"instead of the reported {UNKNOWN_HASH}" in found.text


async def test_a_transaction_that_was_cancelled_in_the_wallet_is_told_as_not_sent(scene: Scene) -> None:
    rpc(scene.url, "evm_setAutomine", False)
    approval = scene.request(value=9, claimed_by=scene.payer)
    first = scene.send(value=9, gasPrice=hex(10**10))
    nonce = rpc(scene.url, "eth_getTransactionByHash", first)["nonce"]
    looks: list[int] = []

    def cancel() -> None:
        looks.append(1)
        if len(looks) == 2:
            scene.send(scene.payer, 0, gasPrice=hex(10**11), nonce=nonce)
            rpc(scene.url, "evm_mine")

    try:
        found = await scene.verdict(approval, first, between=cancel)
    finally:
        rpc(scene.url, "evm_setAutomine", True)
        rpc(scene.url, "evm_mine")
    assert (found.receipt.outcome, found.closes) == ("different", False)
    assert found.text.startswith("Not sent: ")


async def test_a_wallet_that_says_nothing_is_looked_up_by_its_account(scene: Scene) -> None:
    approval = scene.request(value=11, claimed_by=scene.payer)
    scene.send(value=12)
    mined = scene.send(value=11)
    found = await scene.verdict(approval, None)
    assert (found.receipt.outcome, found.receipt.transaction_hash) == ("succeeded", mined)


@pytest.mark.parametrize("claimed", [True, False])
async def test_nothing_on_the_chain_is_unknown_and_never_not_sent(scene: Scene, claimed: bool) -> None:
    approval = scene.request(value=13, claimed_by=scene.other if claimed else "")
    found = await scene.verdict(approval, None)
    assert (found.receipt.outcome, found.closes) == ("unknown", False)
    assert "may have been sent" in found.text
    report = found.report(5)
    assert report is not None
    assert (report.outcome, report.transaction_hash) == ("unknown", None)


async def test_what_settled_another_request_settles_no_second_one(scene: Scene) -> None:
    approval = scene.request(value=15, claimed_by=scene.payer)
    first = scene.send(value=15)
    assert (await scene.verdict(approval, None, used=(first,))).receipt.outcome == "unknown"


async def test_another_payer_is_told_and_closes_the_request(scene: Scene) -> None:
    approval = scene.request(value=17, sender=scene.other)
    found = await scene.verdict(approval, scene.send(value=17))
    assert (found.receipt.outcome, found.closes) == ("succeeded", True)
    assert f"it came from {scene.payer}, not from {scene.other}" in found.text


def execute(value: int) -> str:
    return "0x" + called("execute(address,uint256,bytes)", BOB, value, b"").hex()


def operation(value: int) -> str:
    signature = "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)"
    inner = bytes.fromhex(execute(value)[2:])
    return "0x" + called(signature, [(ACCOUNT, 0, b"", inner, bytes(32), 0, bytes(32), b"", b"")], BOB).hex()


def event(success: bool) -> bytes:
    data = encode(["uint256", "bool", "uint256", "uint256"], [0, success, 1, 1])
    return logging(USER_OPERATION, UNKNOWN_HASH, "0x" + ACCOUNT[2:].rjust(64, "0"), "0x0", data=data)


def tries(value: int) -> str:
    mode = b"\1\1".ljust(32, b"\0")
    calls = encode(["(address,uint256,bytes)[]"], [[(BOB, value, b"")]])
    return "0x" + called("execute(bytes32,bytes)", mode, calls).hex()


SAFE_CALL = "0x" + safe(BOB, b"").hex()
WRAPPED = [
    pytest.param(CALLS_ITS_FIRST_ARGUMENT, ACCOUNT, execute(21), 21, "succeeded", id="EIP-7702 execute"),
    pytest.param(STOP, ACCOUNT, execute(22), 21, "different", id="execute of another value"),
    pytest.param(logging(SAFE_SUCCESS), ACCOUNT, SAFE_CALL, 0, "succeeded", id="Safe"),
    pytest.param(logging(SAFE_FAILURE), ACCOUNT, SAFE_CALL, 0, "failed", id="Safe that failed inside"),
    pytest.param(STOP, ACCOUNT, SAFE_CALL, 0, "unknown", id="Safe that says nothing"),
    pytest.param(event(True), ENTRY_POINT, operation(25), 25, "succeeded", id="user operation"),
    pytest.param(event(False), ENTRY_POINT, operation(25), 25, "failed", id="user operation that failed"),
    pytest.param(STOP, ENTRY_POINT, operation(25), 25, "unknown", id="user operation without event"),
    pytest.param(STOP, ACCOUNT, tries(27), 27, "unknown", id="ERC-7579 that passes over failures"),
]


@pytest.mark.parametrize(("code", "to", "data", "value", "outcome"), WRAPPED)
async def test_a_smart_account_is_judged_by_the_call_within_and_what_the_chain_shows_of_it(
    scene: Scene, code: bytes, to: str, data: str, value: int, outcome: str
) -> None:
    scene.code(to, code)
    rpc(scene.url, "anvil_setBalance", ACCOUNT, hex(10**18))
    approval = scene.request(value=value, claimed_by=ACCOUNT)
    found = await scene.verdict(approval, scene.send(to, 0, data))
    assert (found.receipt.outcome, found.closes) == (outcome, outcome != "different")


async def test_a_strangers_contract_is_not_trusted_to_do_what_it_was_told(scene: Scene) -> None:
    scene.code(ACCOUNT, STOP)
    found = await scene.verdict(scene.request(value=21), scene.send(ACCOUNT, 0, execute(21)))
    assert found.receipt.outcome == "different"


# What nobody listed: nodes that leave out, null or garble any fields.

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

"""Accounts that make the call within a transaction of their own: the outcome is what the chain shows."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode

from tests.mcp_servers.bytecode import STOP, push
from tests.mcp_servers.conftest import rpc
from tests.worker.wallet.giving_calls import called, safe
from tests.worker.wallet.payments import BOB, UNKNOWN_HASH, Payments
from worker.agent.wallet.answer.smart_account_calls import (
    ENTRY_POINTS,
    SAFE_FAILURE,
    SAFE_SUCCESS,
    USER_OPERATION,
)
from worker.ethereum.chains import Chain, Chains
from worker.ethereum.known_networks import configured_networks
from worker.ethereum.node import Receipt

ACCOUNT = "0x00000000000000000000000000000000000acc00"
ENTRY_POINT = next(iter(ENTRY_POINTS))
STRANGER = "0x00000000000000000000000000000000000e0001"


ANOTHER = "0x00000000000000000000000000000000000e0002"
CALLS_ANOTHER = push(0, 1) * 5 + push(int(ANOTHER, 16), 20) + b"\x5a\xf1" + STOP
CALLS_ITS_FIRST_ARGUMENT = (
    push(0, 1) * 4 + push(0x24, 1) + b"\x35" + push(4, 1) + b"\x35\x5a\xf1\x15"  # CALL, ISZERO
    + push(24, 1) + b"\x57\x00\x5b" + push(0, 1) * 2 + b"\xfd"
)  # fmt: skip
"""`execute(to, value, …)` of a real account: it pays, or fails with the payment."""


def logging(*topics: str, data: bytes = b"", stop: bytes = STOP) -> bytes:
    """A contract that only writes one log."""
    code = b"".join(
        push(int.from_bytes(data[i : i + 32]), 32) + push(i, 1) + b"\x52" for i in range(0, len(data), 32)
    )
    code += b"".join(push(int(topic, 16), 32) for topic in reversed(topics))
    return code + push(len(data), 1) + push(0, 1) + bytes([0xA0 + len(topics)]) + stop


def execute(value: int) -> str:
    return "0x" + called("execute(address,uint256,bytes)", BOB, value, b"").hex()


def tries(value: int) -> str:
    mode = b"\1\1".ljust(32, b"\0")
    calls = encode(["(address,uint256,bytes)[]"], [[(BOB, value, b"")]])
    return "0x" + called("execute(bytes32,bytes)", mode, calls).hex()


def operation(value: int, call: str | None = None) -> str:
    signature = "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)"
    inner = bytes.fromhex((call or execute(value))[2:])
    return "0x" + called(signature, [(ACCOUNT, 0, b"", inner, bytes(32), 0, bytes(32), b"", b"")], BOB).hex()


def event(success: bool) -> bytes:
    data = encode(["uint256", "bool", "uint256", "uint256"], [0, success, 1, 1])
    return logging(USER_OPERATION, UNKNOWN_HASH, "0x" + ACCOUNT[2:].rjust(64, "0"), "0x0", data=data)


SAFE_CALL = "0x" + safe(BOB, b"").hex()
BY_MODULE = "0x" + called("execTransactionFromModule(address,uint256,bytes,uint8)", BOB, 0, b"", 0).hex()
WRAPPED = [
    pytest.param(CALLS_ITS_FIRST_ARGUMENT, ACCOUNT, execute(21), 21, "succeeded", id="EIP-7702 execute"),
    pytest.param(STOP, ACCOUNT, execute(22), 21, "different", id="execute of another value"),
    pytest.param(logging(SAFE_SUCCESS), ACCOUNT, SAFE_CALL, 0, "succeeded", id="Safe"),
    pytest.param(logging(SAFE_FAILURE), ACCOUNT, SAFE_CALL, 0, "failed", id="Safe that failed inside"),
    pytest.param(STOP, ACCOUNT, SAFE_CALL, 0, "unknown", id="Safe that says nothing"),
    pytest.param(
        logging(SAFE_SUCCESS, stop=b"") + logging(SAFE_FAILURE),
        ACCOUNT,
        SAFE_CALL,
        0,
        "unknown",
        id="Safe that tells of two calls",
    ),
    pytest.param(
        event(True),
        ENTRY_POINT,
        operation(0, SAFE_CALL),
        0,
        "unknown",
        id="operation of a Safe that tells nothing",
    ),
    pytest.param(
        event(False), ENTRY_POINT, operation(0, SAFE_CALL), 0, "failed", id="operation of a Safe that failed"
    ),
    pytest.param(
        event(True),
        ENTRY_POINT,
        operation(0, BY_MODULE),
        0,
        "unknown",
        id="operation by a module, which goes on",
    ),
    pytest.param(event(True), ENTRY_POINT, operation(25), 25, "succeeded", id="user operation"),
    pytest.param(event(False), ENTRY_POINT, operation(25), 25, "failed", id="user operation that failed"),
    pytest.param(STOP, ENTRY_POINT, operation(25), 25, "unknown", id="user operation without event"),
    pytest.param(event(True), STRANGER, operation(25), 25, "unknown", id="unknown entry point"),
    pytest.param(event(False), STRANGER, operation(25), 25, "unknown", id="unknown entry point that failed"),
    pytest.param(
        event(True),
        ENTRY_POINT,
        operation(25, tries(25)),
        25,
        "unknown",
        id="operation that passes over failures",
    ),
    pytest.param(CALLS_ANOTHER, ENTRY_POINT, operation(25), 25, "unknown", id="event of another contract"),
    pytest.param(STOP, ACCOUNT, tries(27), 27, "unknown", id="ERC-7579 that passes over failures"),
]


@pytest.mark.parametrize(("code", "to", "data", "value", "outcome"), WRAPPED)
async def test_a_smart_account_is_judged_by_the_call_within_and_what_the_chain_shows_of_it(
    payments: Payments, code: bytes, to: str, data: str, value: int, outcome: str
) -> None:
    payments.code(ACCOUNT, STOP)
    payments.code(ANOTHER, event(True))
    payments.code(to, code)
    rpc(payments.url, "anvil_setBalance", ACCOUNT, hex(10**18))
    approval = payments.request(value=value, claimed_by=ACCOUNT)
    found = await payments.verdict(approval, payments.send(to, 0, data, gas=hex(10**6)))
    assert (found.receipt.outcome, found.closes) == (outcome, outcome != "different")


@pytest.mark.parametrize(("to", "data"), [(ACCOUNT, execute(21)), (ENTRY_POINT, operation(21))])
async def test_an_account_without_code_makes_no_call_within_another(
    payments: Payments, to: str, data: str
) -> None:
    """Anybody can send it such a transaction, which succeeds and does nothing."""
    payments.code(ENTRY_POINT, event(True))
    payments.code(ACCOUNT, b"")
    approval = payments.request(value=21, claimed_by=ACCOUNT)
    found = await payments.verdict(approval, payments.send(to, 0, data))
    assert (found.receipt.outcome, found.closes) == ("different", False)
    assert "has no code that makes the call" in found.text


async def test_a_strangers_contract_is_not_trusted_to_do_what_it_was_told(payments: Payments) -> None:
    payments.code(ACCOUNT, STOP)
    found = await payments.verdict(payments.request(value=21), payments.send(ACCOUNT, 0, execute(21)))
    assert found.receipt.outcome == "different"


class _MinesBeforeReceipts(Chain):
    """A node on which the transaction gets into a block just after it was read."""

    async def receipt(self, tx_hash: str) -> Receipt | None:
        await self.read("evm_mine")
        return await super().receipt(tx_hash)


class _Mining(Chains):
    def __init__(self, url: str) -> None:
        self.chain = _MinesBeforeReceipts(configured_networks({"TESTNET_RPC_URL": url})["testnet"])

    def get(self, name: str) -> Chain:
        return self.chain


async def test_a_call_that_gets_into_a_block_while_it_is_checked_is_checked_again(payments: Payments) -> None:
    """The account that should make the call is checked for code only when the transaction is in a block."""
    payments.code(ACCOUNT, b"")
    approval = payments.request(value=21, claimed_by=ACCOUNT)
    mining = _Mining(payments.url)
    rpc(payments.url, "evm_setAutomine", False)
    try:
        sent = payments.send(ACCOUNT, 0, execute(21))
        found = await Payments(payments.url, mining, payments.payer, payments.other).verdict(approval, sent)
    finally:
        rpc(payments.url, "evm_setAutomine", True)
        await mining.chain.close()
    assert (found.receipt.outcome, found.closes) == ("different", False)

"""Errors of nodes as people reported them: the revert, the reason, the meaning and the hash that each contains."""

from __future__ import annotations

from typing import Any

import pytest

from worker.ethereum.node import read_fault
from worker.ethereum.node.envelope import read_envelope

HASH = "0x" + "cd" * 32


def error_string(text: str) -> str:
    body = text.encode().hex()
    return "0x08c379a0" + f"{32:064x}{len(text):064x}" + body.ljust(-(-len(body) // 64) * 64, "0")


DATA = error_string("too late")


@pytest.mark.parametrize(
    "error",
    [
        {"code": 3, "message": "execution reverted: too late", "data": DATA},
        {"code": -32015, "message": "VM execution error.", "data": f"Reverted {DATA}"},
        {"code": -32603, "message": "Internal JSON-RPC error.", "data": {"code": 3, "data": DATA}},
        {
            "code": -32603,
            "message": "x",
            "data": {"originalError": {"code": 3, "data": DATA, "message": "y"}},
        },
        {"code": -32000, "message": f"execution reverted {DATA}"},
        {"message": "VM Exception", "data": {HASH: {"error": "revert", "return": DATA}}},
        {"error": {"error": {"error": {"data": DATA}}}},
        {"code": "CALL_EXCEPTION", "info": [{"payload": DATA}]},
    ],
)
def test_the_bytes_of_a_revert_are_found_where_wallets_and_nodes_put_them(error: Any) -> None:
    fault = read_fault(error)
    assert fault.meaning == "reverted"
    assert "0x" + (fault.revert or b"").hex() == DATA


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"code": -32000, "message": "execution reverted: too late"}, "too late"),
        ({"code": 3, "message": "execution reverted: ERC20: too late", "data": "0x"}, "ERC20: too late"),
        ({"message": "VM Exception while processing transaction: revert too late"}, "too late"),
        ({"message": "VM Exception … reverted with reason string 'too late'"}, "too late"),
        ({"code": -32015, "message": "VM execution error.", "data": "revert: too late"}, "too late"),
        ({"code": -32000, "message": "Execution reverted (too late)"}, "too late"),
        (
            {"message": "Internal JSON-RPC error.", "data": {"message": "execution reverted: too late"}},
            "too late",
        ),
        (
            {"code": -32015, "message": "VM execution error.", "data": "Bad instruction fe"},
            "Bad instruction fe",
        ),
        ({"code": 3, "message": "execution reverted"}, None),
        ({"code": 3, "message": "Initializable: already initialized"}, "Initializable: already initialized"),
        ({"code": -32000, "message": "contract validation error : REVERT opcode executed"}, None),
        ("execution reverted: too late", "too late"),
    ],
)
def test_a_reason_in_words_is_kept(error: Any, words: str | None) -> None:
    fault = read_fault(error)
    assert (fault.meaning, fault.revert_words) == ("reverted", words)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        *(
            ({"code": code, "message": "x"}, "rate limit")
            for code in (-32005, -32029, -32016, -32011, -32007)
        ),
        *(({"code": code, "message": "x"}, "rate limit") for code in (-32090, -33000, 429, "429", "-32005")),
        ({"code": -32000, "message": "429 Too Many Requests"}, "rate limit"),
        ("API rate limit exceeded", "rate limit"),
        ({"code": -32602, "message": "invalid params"}, "bad request"),
        ({"code": "SERVER_ERROR", "message": None}, "unclear"),
        ({"code": None}, "unclear"),
        ({"code": -32000, "message": "already known"}, "perhaps sent"),
        ({"code": -32000, "message": "context canceled"}, "perhaps sent"),
        ({"code": -32000, "message": 'Post "https://sequencer": EOF'}, "perhaps sent"),
        ({"code": -32000, "message": "read tcp 10.0.0.1: connection reset by peer"}, "perhaps sent"),
        ({"code": -32000, "message": "INTERNAL_ERROR: existing tx with same hash"}, "perhaps sent"),
        ({"code": -32000, "message": "tx already in mempool"}, "perhaps sent"),
        ({"code": -32010, "message": "Transaction was submitted already."}, "perhaps sent"),
        ({"code": -32000, "message": "duplicate transaction"}, "perhaps sent"),
        ({"code": 3, "message": "Initializable: contract is already initialized"}, "reverted"),
        ({"code": -32015, "message": "duplicate vote"}, "reverted"),
        (
            {"code": 3, "message": f"known transaction. transaction with hash {HASH} is in the system"},
            "perhaps sent",
        ),
        ({"code": 3, "message": "Failed to submit transaction: nonce too low. actual: 3"}, "nonce taken"),
        (
            {"code": 3, "message": "Failed to submit transaction: not enough balance to cover the fee."},
            "no funds",
        ),
        ({"code": 3, "message": "execution reverted: known transaction"}, "reverted"),
        ({"code": -32010, "message": "InsufficientFunds, Account balance: 0"}, "no funds"),
        ({"code": -32000, "message": "INSUFFICIENT_PAYER_BALANCE"}, "no funds"),
        ({"code": -32000, "message": "CONTRACT_VALIDATE_ERROR: balance is not sufficient"}, "no funds"),
        ({"code": -32010, "message": "transaction's basic cost is above sender's balance"}, "no funds"),
        ({"code": -32603, "message": "submit to pool failed: InvalidTransaction::Payment"}, "no funds"),
        ({"code": -32603, "message": "submit to pool failed: InvalidTransaction::Stale"}, "nonce taken"),
        ({"code": -32603, "message": 'submit to pool failed: Pool(AlreadyImported("0x"))'}, "perhaps sent"),
        ({"code": -32000, "message": "invalid nonce; got 3, expected 5: invalid sequence"}, "nonce taken"),
        ({"code": -32009, "message": "Gas price below configured minimum gas price"}, "refused"),
        ({"code": -32003, "message": "daily request limit reached - upgrade your account"}, "rate limit"),
        ({"code": -32001, "message": "usage limit: You've reached your daily limit"}, "rate limit"),
        ({"code": -32000, "message": "rpc error: request limit reached"}, "rate limit"),
        (
            {"code": -32000, "message": "in-flight transaction limit reached for delegated accounts"},
            "refused",
        ),
        (
            {"code": -32000, "message": "the tx doesn't have the correct nonce. account has nonce of: 5"},
            "nonce taken",
        ),
        ({"code": -32000, "message": "nonce 4 has already been used"}, "nonce taken"),
        ({"code": -32000, "message": "insufficient MATIC for gas"}, "no funds"),
        ({"code": -32000, "message": "account balance too low"}, "no funds"),
        ({"code": -32000, "message": "throughput limit exceeded"}, "rate limit"),
        ({"code": -32000, "message": "You've exceeded your plan's requests per second"}, "rate limit"),
        ({"code": -32000, "message": "quota exhausted for today"}, "rate limit"),
        ({"code": -32000, "message": "CU limit exceeded; request too fast"}, "rate limit"),
        ({"code": -32000, "message": "header not found"}, "unclear"),
        ({"code": -32603, "message": "StackUnderflow"}, "fails"),
        ({"code": -32000, "message": "Bad jump destination"}, "fails"),
        ({"code": -32000, "message": "gas uint64 overflow"}, "fails"),
        ({"code": -32000, "message": "exceeds block gas limit"}, "refused"),
        ({"code": -32003, "message": "insufficient funds for gas * price + value"}, "no funds"),
        ({"code": 3, "message": "execution reverted: insufficient balance"}, "reverted"),
        (None, "unclear"),
        (7, "unclear"),
    ],
)
def test_what_an_error_means_is_a_row_or_unclear(error: Any, meaning: str) -> None:
    assert read_fault(error).meaning == meaning


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"error":"slow down"}', "slow down"),
        ('{"message":"API rate limit exceeded"}', "API rate limit exceeded"),
        ('[{"error":{"code":1,"message":"slow down"}}]', "slow down"),
        ('["slow down"]', "slow down"),
        ('"slow down"', "slow down"),
        ('{"error":{}}', "no reason given"),
        ('{"jsonrpc":"2.0","id":1}', "no reason given"),
        ('{"error":{"message":"half \\ud83d of it"}}', "half of it"),
    ],
)
def test_an_error_is_read_in_every_form(body: str, reason: str) -> None:
    answer = read_envelope(body.encode())
    assert answer is not None
    assert answer.fault is not None
    assert answer.fault.reason == reason


def test_a_result_beside_an_empty_error_is_the_result_and_a_hash_beside_an_error_is_not_lost() -> None:
    for empty in ("null", "{}", '""', "false"):
        answer = read_envelope(f'{{"result":"{HASH}","error":{empty}}}'.encode())
        assert answer is not None
        assert answer.result == HASH
    both = read_envelope(f'{{"result":"{HASH}","error":{{"message":"revert"}}}}'.encode())
    assert both is not None
    assert both.fault is not None
    assert both.fault.transaction == HASH


@pytest.mark.parametrize(
    "data",
    [{"txHash": HASH, "message": "x"}, {HASH: {"error": "revert"}}, {"inner": {"transactionHash": HASH}}],
)
def test_the_hash_in_a_nodes_error_is_found(data: Any) -> None:
    assert read_fault({"code": -32603, "message": "reverted", "data": data}).transaction == HASH

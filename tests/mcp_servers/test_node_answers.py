"""Single answers of nodes as people reported them, and how each is read. A missing value is unknown, never zero or
failed.
"""

from __future__ import annotations

from typing import Any

import pytest

from worker.ethereum.node import Block, Receipt, Transaction, hex_data, quantity, read_fault
from worker.ethereum.node.envelope import read_envelope

ADDRESS, HASH = "0x" + "ab" * 20, "0x" + "cd" * 32
MINED = {"transactionHash": HASH, "blockNumber": "0x10", "status": "0x1", "gasUsed": "0x5208"}


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("0x2105", 8453),
        ("0X2105", 8453),
        ("0x0002105", 8453),
        ("8453", 8453),
        (8453, 8453),
        (8453.0, 8453),
        (" 0x2105 ", 8453),
        ("0x0", 0),
        (None, None),
        ("0x", None),
        ("", None),
        ("2105x", None),
        ("ff", None),
        (-1, None),
        (True, None),
        (1.5, None),
        (float("nan"), None),
        ("1_000", None),
        ("٣", None),
        (["0x1"], None),
        ("0x" + "f" * 65, None),
        (2**256, None),
    ],
)
def test_a_quantity_is_read_in_every_form_and_never_guessed(form: Any, value: int | None) -> None:
    assert quantity(form) == value


@pytest.mark.parametrize(
    ("form", "data"),
    [("0x", "0x"), ("0x0", "0x"), ("0xAB", "0xab"), ("0xa", None), ("ab", None), (None, None), (0, None)],
)
def test_data_is_whole_bytes_and_the_number_0_is_none(form: Any, data: str | None) -> None:
    assert hex_data(form) == data


@pytest.mark.parametrize(
    ("change", "succeeded"),
    [
        ({}, True),
        ({"status": "0x0"}, False),
        ({"status": 1}, True),
        ({"status": "0"}, False),
        ({"status": True}, True),
        ({"status": None}, None),
        ({"status": "0x"}, None),
        ({"status": "0x2"}, None),
        ({"status": {}}, None),
    ],
)
def test_only_a_status_that_says_so_is_a_revert(change: dict[str, Any], succeeded: bool | None) -> None:
    receipt = Receipt.read(MINED | change)
    assert receipt is not None
    assert receipt.succeeded is succeeded


def test_a_receipt_from_before_byzantium_does_not_say_whether_it_succeeded() -> None:
    receipt = Receipt.read({"root": HASH, "blockNumber": "0x1", "gasUsed": "0x5208"})
    assert receipt is not None
    assert (receipt.succeeded, receipt.is_in_block) == (None, True)


@pytest.mark.parametrize(
    ("change", "is_in_block"),
    [
        ({"blockNumber": None}, False),
        ({"blockNumber": "soon"}, False),
        ({"blockNumber": None, "blockHash": HASH}, True),
        ({"blockNumber": "16"}, True),
    ],
)
def test_a_preconfirmation_is_in_no_block_yet(change: dict[str, Any], is_in_block: bool) -> None:
    receipt = Receipt.read(MINED | change)
    assert receipt is not None
    assert receipt.is_in_block is is_in_block


@pytest.mark.parametrize(
    ("change", "has_l1_fee", "fee"),
    [
        ({"effectiveGasPrice": "0x2"}, False, 42_000),
        ({"effectiveGasPrice": "0x2", "l1Fee": "0x64"}, False, 42_100),
        ({"effectiveGasPrice": "0x2", "l1Fee": "100"}, True, 42_100),
        ({"effectiveGasPrice": "0x2"}, True, None),
        ({"effectiveGasPrice": "0x2", "l1Fee": None}, False, None),
        ({"effectiveGasPrice": "0x2", "blobGasUsed": "0x2", "blobGasPrice": "0x3"}, False, 42_006),
        ({"effectiveGasPrice": "0x2", "blobGasUsed": "0x2"}, False, None),
        ({"effectiveGasPrice": "0x2", "l1Fee": "0x0", "operatorFeeScalar": "0x0"}, True, 42_000),
        ({"effectiveGasPrice": "0x2", "l1Fee": "0x0", "operatorFeeScalar": "0x4"}, True, None),
        ({"effectiveGasPrice": "0x2", "l1Fee": "0x0", "operatorFeeConstant": "0x4"}, True, None),
        ({"effectiveGasPrice": "0x2", "feeCurrency": ADDRESS}, False, None),
        ({"effectiveGasPrice": "0x2", "feeToken": ADDRESS, "feeCurrency": None}, False, None),
        ({}, False, None),
        ({"effectiveGasPrice": "0x2", "gasUsed": None}, False, None),
    ],
)
def test_a_fee_is_whole_or_unknown(change: dict[str, Any], has_l1_fee: bool, fee: int | None) -> None:
    receipt = Receipt.read(MINED | change)
    assert receipt is not None
    assert receipt.fee(has_l1_fee=has_l1_fee) == fee


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"to": ADDRESS}, "address"),
        ({"to": None}, "none"),
        ({"to": ""}, "none"),
        ({"to": 5}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_missing_recipient_is_no_creation_of_a_contract(given: dict[str, Any], kind: str) -> None:
    found = Transaction.read(given)
    assert found is not None
    assert found.to_kind == kind


def test_call_data_stands_in_input_or_in_data() -> None:
    assert [getattr(Transaction.read({name: "0xAB"}), "input", None) for name in ("input", "data")] == [
        "0xab"
    ] * 2


def test_what_is_no_object_is_one_of_which_nothing_is_known() -> None:
    assert Receipt.read(None) is None
    for odd in ("0x", 5, [], [{}], True):
        receipt = Receipt.read(odd)
        assert receipt is not None
        assert (receipt.succeeded, receipt.fee()) == (None, None)


def test_a_block_lists_hashes_or_whole_transactions() -> None:
    block = Block.read({"transactions": [HASH, {"hash": HASH}, 5, {}]})
    assert block is not None
    assert block.transactions == [HASH, HASH, None, None]
    assert getattr(Block.read({}), "transactions", 0) is None


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

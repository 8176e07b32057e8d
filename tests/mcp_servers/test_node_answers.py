"""Single answers of nodes as people reported them, and how each is read. A missing value is unknown, never zero or
failed.
"""

from __future__ import annotations

from typing import Any

import pytest

from worker.ethereum.node import Block, Receipt, Transaction, hex_data, quantity

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

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.agent.llm.offline.amounts import ether, to_wei, whole_number
from worker.agent.llm.offline.refusal import Refusal


@pytest.mark.parametrize(
    ("amount", "unit", "wei"),
    [
        ("1", "ETH", 10**18),
        ("0.1", "eth", 10**17),
        (".5", "ether", 5 * 10**17),
        ("0.000000000000000001", "ETH", 1),
        ("20", "gwei", 2 * 10**10),
        ("7", "wei", 7),
        ("1,234.5", "ETH", 12345 * 10**17),
        ("123456789012345678901234567890", "wei", 123456789012345678901234567890),
    ],
)
def test_amounts_are_read_exactly(amount: str, unit: str, wei: int) -> None:
    assert to_wei(amount, unit) == wei


@pytest.mark.parametrize(
    ("amount", "unit", "says"),
    [
        ("0.0000000000000000001", "ETH", "whole number of wei"),
        ("0.5", "wei", "whole number of wei"),
        ("1,5", "ETH", "not an amount"),
        ("1.2.3", "ETH", "not an amount"),
        ("5", "USDC", "not “USDC”"),
        ("9" * 200, "ETH", "too many digits"),
    ],
)
def test_amounts_that_cannot_be_exact_are_refused(amount: str, unit: str, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        to_wei(amount, unit)


@given(st.integers(min_value=0, max_value=2**256 - 1))
def test_every_amount_survives_being_written_and_read(wei: int) -> None:
    amount, unit = ether(wei).split(" ")
    assert to_wei(amount, unit) == wei


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("5", 5),
        (" 0x10 ", 16),
        ("-3", -3),
        ("1.5", None),
        (True, None),
        (None, None),
        ({}, None),
        ("9" * 101, None),
    ],
)
def test_whole_numbers_come_as_numbers_digits_or_hex(value: object, number: int | None) -> None:
    assert whole_number(value) == number

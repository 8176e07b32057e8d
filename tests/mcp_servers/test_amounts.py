from __future__ import annotations

import json
from decimal import Decimal, getcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.template import ROOT
from worker.ethereum.amounts import format_units, parse_amount, readable_amount, refuse_inexact
from worker.ethereum.blocks import block_parameter
from worker.tool_outcomes import ToolRefused

getcontext().prec = 100
AMOUNTS: list[tuple[str, str, str]] = json.loads((ROOT / "tests/frontend/amounts.json").read_text())


@pytest.mark.parametrize(("wei", "currency", "words"), AMOUNTS)
def test_an_amount_is_written_for_people_as_on_the_page(wei: str, currency: str, words: str) -> None:
    assert readable_amount(int(wei), currency) == words


@pytest.mark.parametrize(
    ("text", "wei"),
    [
        ("1 ether", 10**18),
        ("1 ETH", 10**18),
        ("0.5 ether", 5 * 10**17),
        ("1.5eth", 15 * 10**17),
        ("5 gwei", 5 * 10**9),
        ("0.000000001 gwei", 1),
        ("1000", 1000),
        ("1000 wei", 1000),
        ("0x10", 16),
        (7, 7),
        ("2 POL", 2 * 10**18),
        ("1.0", 1),
    ],
)
def test_amounts_are_read_exactly(text: str | int, wei: int) -> None:
    assert parse_amount(text, "POL") == wei


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1.5", "did you mean ether"),
        ("1 dollar", "use wei, gwei, ether"),
        ("1,000 ether", "Cannot read"),
        ("-1", "Cannot read"),
        ("1e18", "Cannot read"),
        ("0.0000000000000000001 ether", "finer than one wei"),
        ("", "Cannot read"),
        (-1, "out of range"),
        (2**256, "out of range"),
        ("9" * 5_000, "Cannot read"),
        ("0." + "9" * 5_000 + " ether", "Cannot read"),
    ],
)
def test_an_amount_that_cannot_be_meant_exactly_is_refused_with_a_hint(text: str | int, hint: str) -> None:
    with pytest.raises(ToolRefused, match=hint):
        parse_amount(text)


def test_floats_and_truth_values_are_no_amounts() -> None:
    for value in (1.0, 0.1, 1e18, True):
        with pytest.raises(ToolRefused, match="not exact"):
            refuse_inexact(value)


@given(st.integers(0, 2**256 - 1))
def test_any_amount_formatted_in_ether_reads_back_as_itself(wei: int) -> None:
    text = format_units(wei)
    assert parse_amount(f"{text} ether") == wei
    assert Decimal(text) == Decimal(wei) / 10**18


@given(st.integers(0, 2**256 - 1), st.integers(0, 77))
def test_formatted_units_equal_the_decimal_quotient(amount: int, decimals: int) -> None:
    assert Decimal(format_units(amount, decimals)) == Decimal(amount).scaleb(-decimals)


@pytest.mark.parametrize("number", ["9" * 5_000, "9" * 21, 10**30, "0x" + "f" * 17, "²"])
def test_a_number_that_no_block_can_have_is_refused(number: str | int) -> None:
    with pytest.raises(ToolRefused):
        block_parameter(number)

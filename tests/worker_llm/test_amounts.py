from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.agent.llm.offline.amounts import ether, to_wei
from worker.agent.llm.offline.refusal import Refusal


@pytest.mark.parametrize(
    ("amount", "unit", "wei"),
    [
        ("1", "ETH", 10**18),
        ("0.1", "eth", 10**17),
        (".5", "ether", 5 * 10**17),
        ("2", "Ethers", 2 * 10**18),
        ("0.000000000000000001", "ETH", 1),
        ("20", "gwei", 2 * 10**10),
        ("3", "mwei", 3 * 10**6),
        ("3", "kwei", 3_000),
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
        ("0.0000000000000000001", "ETH", "finer than one wei"),
        ("0.5", "wei", "finer than one wei"),
        ("1,5", "ETH", "Cannot read the amount"),
        ("1.2.3", "ETH", "Cannot read the amount"),
        ("5", "USDC", "not “USDC”"),
        ("9" * 200, "ETH", "Cannot read the amount"),
    ],
)
def test_amounts_that_cannot_be_exact_are_refused(amount: str, unit: str, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        to_wei(amount, unit)


@given(st.integers(min_value=0, max_value=2**256 - 1))
def test_every_amount_survives_being_written_and_read(wei: int) -> None:
    amount, unit = ether(wei).split(" ")
    assert to_wei(amount, unit) == wei

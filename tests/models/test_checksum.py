"""Checksums of addresses, and the hash that they use, compared with the library that the worker uses."""

from __future__ import annotations

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from forge.models.checksum import has_right_checksum, keccak_256, with_checksum
from tests.unlisted import tried
from worker.ethereum.addresses import parse_address

OF_EIP_55 = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("address", OF_EIP_55)
def test_the_examples_of_eip_55_are_right(address: str) -> None:
    assert has_right_checksum(address)


@given(st.binary(max_size=135))
def test_the_hash_is_that_of_the_library(data: bytes) -> None:
    assert keccak_256(data) == keccak(data)


@given(st.binary(min_size=20, max_size=20), st.sets(st.integers(0, 39)))
def test_a_letter_in_the_other_case_makes_a_checksum_wrong(raw: bytes, flipped: set[int]) -> None:
    right = with_checksum("0x" + raw.hex())
    assert right == parse_address("0x" + raw.hex())
    digits = "".join(d.swapcase() if i in flipped else d for i, d in enumerate(right[2:]))
    tried("checksums of addresses", digits)
    has_none = digits in (digits.lower(), digits.upper())
    assert has_right_checksum("0x" + digits) == (has_none or digits == right[2:])

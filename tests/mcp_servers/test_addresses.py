from __future__ import annotations

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from worker.ethereum.addresses import parse_address, resolve
from worker.tool_outcomes import ToolRefused

ACCOUNTS = ["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"]
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def test_names_stand_for_the_test_networks_accounts_in_any_case() -> None:
    for name in ("Alice", "alice", " ALICE "):
        assert resolve(name, "testnet", ACCOUNTS).address == ALICE


def test_an_address_of_a_test_account_is_labelled_with_its_name() -> None:
    assert resolve(ALICE, "testnet", ACCOUNTS).name == "Alice"
    assert resolve("0x" + "1" * 40, "testnet", ACCOUNTS).name is None


def test_a_name_on_another_network_is_refused_and_says_where_it_is_known() -> None:
    with pytest.raises(ToolRefused, match=r"testnet only\. On mainnet pass the address"):
        resolve("Bob", "mainnet", [])


def test_a_name_without_an_account_on_the_node_is_refused() -> None:
    with pytest.raises(ToolRefused, match="only 2 accounts"):
        resolve("Judy", "testnet", ACCOUNTS)


@given(st.binary(min_size=20, max_size=20))
def test_lower_upper_and_checksummed_forms_give_the_checksummed_one(raw: bytes) -> None:
    right = to_checksum_address(raw)
    assert parse_address("0x" + raw.hex()) == right
    assert parse_address("0x" + raw.hex().upper()) == right
    assert parse_address(right) == right


def test_a_wrong_checksum_is_refused_and_the_right_form_is_shown() -> None:
    with pytest.raises(ToolRefused, match=f"checksum.*{ALICE}"):
        parse_address(ALICE.replace("Fd", "fd"))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("vitalik.eth", "ENS-style"),
        ("alice.base.eth", "ENS-style"),
        ("0x1234", "it has 4 digits"),
        ("0x" + "a" * 64, "never give a private key"),
        ("Mallory", "Unknown account"),
        ("", "Unknown account"),
        ("0x" + "g" * 40, "Unknown account"),
    ],
)
def test_what_is_no_address_is_refused_with_the_way_to_mend_it(text: str, hint: str) -> None:
    with pytest.raises(ToolRefused, match=hint):
        resolve(text, "testnet", ACCOUNTS)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ALICE[2:], "the 0x is missing"),
        (ALICE[:-1], "it has 39 digits"),
        (ALICE + "0", "it has 41 digits"),
        (ALICE.replace("A", "\u0410", 1).replace("a", "\u0410", 1), r"'\u0410' \(U\+0410\) is no hex digit"),
        (f"eip155:1:{ALICE}", r"'i' \(U\+0069\) is no hex digit"),
        (f'"{ALICE}"', r"U\+0022"),
        (ALICE[:-1] + "\u200b", r"U\+200B"),
        ("ab" * 32, "never give a private key"),
        ("0X" + "ab" * 32, "never give a private key"),
    ],
)
def test_what_keeps_a_text_from_being_an_address_is_said(text: str, why: str) -> None:
    with pytest.raises(ToolRefused, match=why):
        parse_address(text)

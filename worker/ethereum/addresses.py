"""Addresses as people and LLMs write them, checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

from eth_utils.address import to_checksum_address
from pydantic import BaseModel, Field

from forge.models.counted_words import counted
from worker.ethereum.named_accounts import ACCOUNT_NAMES
from worker.tool_outcomes import ToolRefused

ZERO_ADDRESS = "0x0000000000000000000000000000000000000000"

Who = Annotated[
    str,
    Field(
        description="An address (0x and 40 hex digits), or on testnet an account's name: Alice … Judy.",
        max_length=255,
    ),
]

_HEX = re.compile(r"0[xX][0-9a-fA-F]*")
_DIGITS = re.compile(r"[0-9a-fA-F]+")


class Account(BaseModel):
    """An account on a chain."""

    address: str
    """The address, with its checksum."""
    name: str | None = None
    """The name of the test account; null for any other address."""


def resolve(who: str, network: str, test_accounts: Sequence[str]) -> Account:
    """`test_accounts`: the addresses of the names on this network, in order; empty on other networks."""
    text = who.strip()
    if _HEX.fullmatch(text):
        return label(parse_address(text), test_accounts)
    names: list[str] = [name.lower() for name in ACCOUNT_NAMES]
    if text.lower() not in names:
        raise _unknown(text)
    index = names.index(text.lower())
    if index < len(test_accounts):
        return label(test_accounts[index], test_accounts)
    if test_accounts:
        raise ToolRefused(
            f"The node of {network} has only {len(test_accounts)} accounts.", "Pass an address."
        )
    raise ToolRefused(
        f"{ACCOUNT_NAMES[index]} is an account of testnet only.", f"On {network} pass the address itself."
    )


def label(address: str, test_accounts: Sequence[str]) -> Account:
    names = {a.lower(): n for a, n in zip(test_accounts, ACCOUNT_NAMES, strict=False)}
    return Account(address=checksummed(address), name=names.get(address.lower()))


def parse_address(text: str) -> str:
    """Return the checksummed form (EIP-55). A mixed-case address with a wrong checksum is probably mistyped."""
    digits = text.strip().removeprefix("0x").removeprefix("0X")
    if len(digits) == 64 and _DIGITS.fullmatch(digits):
        raise ToolRefused(
            "64 hex digits are a hash or a key, not an address. An address has 40; never give a private key."
        )
    if len(digits) != 40 or not _HEX.fullmatch(text.strip()):
        raise ToolRefused(f"{_short(text)} is not an address (0x and 40 hex digits): {_fault(digits)}.")
    address = checksummed("0x" + digits)
    if digits not in (digits.lower(), digits.upper(), address[2:]):
        raise ToolRefused(
            f"The checksum of {text} is wrong, so a digit may be mistyped. Compare it with its source.",
            f"If every digit is right, pass {address}.",
        )
    return address


@lru_cache(maxsize=4096)
def checksummed(address: str) -> str:
    """`address`: 0x and 40 hex digits, in any case; empty for an address that a log leaves out."""
    return str(to_checksum_address(address.lower() or ZERO_ADDRESS))


def _unknown(text: str) -> ToolRefused:
    if "." in text:
        return ToolRefused(
            f"{_short(text)} is an ENS-style name, and names are not looked up here: its address is needed (0x and 40 "
            "hex digits).",
            "Find it out and pass that.",
        )
    return ToolRefused(
        f"Unknown account {_short(text)}. An address has 0x and 40 hex digits; testnet also has "
        f"{', '.join(ACCOUNT_NAMES)}.",
        "Pass one of these.",
    )


def _fault(digits: str) -> str:
    """A letter of another alphabet may look like a digit, so the message also gives its code."""
    odd = next((c for c in digits if not _DIGITS.fullmatch(c)), None)
    if odd is not None:
        return f"{odd!r} (U+{ord(odd):04X}) is no hex digit"
    return "the 0x is missing" if len(digits) == 40 else f"it has {counted(len(digits), 'digit')}"


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "…")

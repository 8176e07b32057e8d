"""Addresses of which nobody has a key."""

from __future__ import annotations

import re

_RESERVED = 2**12
"""Chains keep the addresses below this number for nobody, and for programs of their own."""
_BURNS = frozenset({"000000000000000000000000000000000000dead", "dead000000000000000042069420694206942069"})
"""Addresses to which people send what is to be destroyed. Sources: etherscan.io labels; from memory (2026-11-27)."""
_REPEATED = re.compile(r"(.{1,16}?)\1+(.*)")
"""Placeholders: a sequence that begins again and again (`0xEeee…` for a chain's coin, `0x1234567890` four times,
`0xdeadbeef…`). A key has such an address by chance once in 2^96 keys.
"""


def belongs_to_nobody(address: str, *, is_program: bool) -> bool:
    """`is_program`: whether there is a contract, as chains put some at such addresses."""
    digits = address[2:].lower()
    if digits in _BURNS:
        return True
    return not is_program and (int(digits, 16) < _RESERVED or _repeats(digits))


def _repeats(digits: str) -> bool:
    match = _REPEATED.fullmatch(digits)
    return match is not None and match[1].startswith(match[2])

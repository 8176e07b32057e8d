"""Which symbols of token contracts may stand beside an amount. Anybody may give a token any symbol, and beside an
amount some of them read as a part of the number, as its unit, or as the chain's own coin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"[$\d]?[A-Za-z][A-Za-z0-9$.+-]{0,11}")
"""A word of Latin letters. At most one sign or digit stands before the first letter (`1INCH`, `$DOG`), because `5 000`
is five thousand.
"""
_LONGEST = 12
_BEFORE, _AFTER = "$0123456789", "$.+-"
"""Characters beside a word that do not change what it is read as."""
_SIGNS = re.compile(r"[^a-z0-9]")
_DRAWN_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s"})


@dataclass(frozen=True, slots=True)
class Misleading:
    """Symbols that are read as something else after a number, in any case of their letters."""

    form: re.Pattern[str]
    """The symbols, in small letters."""
    reads_as: str
    """What a person takes them for."""
    source: str
    """Where the words are from, with the date of reading."""


MISLEADING = (
    Misleading(
        re.compile(r"[kmgtp]?wei|babbage|lovelace|shannon|szabo|finney|[kmg]?ether"),
        "units of a coin",
        "go-ethereum params/denomination.go; ethers 6 units; web3.js unit map; from memory (2026-11-27)",
    ),
    Misleading(
        re.compile(
            r"k|m|b|t|bn|mn|mm|tn|mio|mrd|hundred|thousand|millions?|billions?|trillions?|lakh|crore|percent"
        ),
        "multiples",
        "Unicode CLDR, short compact decimal forms (K, M, B, T; Mio., Mrd.); from memory (2026-11-27)",
    ),
    Misleading(re.compile(r"\d?e[+-]?\d+"), "an exponent", "IEEE 754 decimal text, `5e18` (2026-11-27)"),
    Misleading(re.compile(r"x\d[\d.]*"), "a factor", "`5 x100`, as people write products (2026-11-27)"),
    Misleading(
        re.compile(r"0x[0-9a-f.]*"),
        "an address, also a shortened one",
        "the page's own short form (2026-11-27)",
    ),
)


def readable_symbol(symbol: str | None, coin: str) -> str | None:
    """Return the symbol, or None if it must not be repeated. `coin`: the currency of the chain, empty if not known."""
    if symbol is None or len(symbol) > _LONGEST or not _WORD.fullmatch(symbol):
        return None
    written = symbol.lower()
    forms = {written, written.lstrip(_BEFORE), written.rstrip(_AFTER), written.lstrip(_BEFORE).rstrip(_AFTER)}
    if any(each.form.fullmatch(form) for each in MISLEADING for form in forms):
        return None
    return None if coin and _drawn(coin) in map(_drawn, forms) else symbol


def _drawn(symbol: str) -> str:
    """Return the same text for symbols that look alike."""
    return _SIGNS.sub("", symbol.lower()).translate(_DRAWN_ALIKE)

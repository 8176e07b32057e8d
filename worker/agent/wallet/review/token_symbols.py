"""Which symbols of token contracts may stand beside an amount. Anybody may give a token any symbol, and beside an
amount some of them read as a part of the number, as its unit, as the chain's own coin, or as a token that people know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from worker.ethereum.known_tokens import KNOWN_TOKENS
from worker.ethereum.text_skeleton import skeleton

_WORD = re.compile(r"[$\d]?[A-Za-z][A-Za-z0-9$.+-]{0,11}")
"""A word of Latin letters. At most one sign or digit stands before the first letter (`1INCH`, `$DOG`), because `5 000`
is five thousand.
"""
_LONGEST = 12
_BEFORE, _AFTER = "$0123456789", "$.+-"
"""Characters beside a word that do not change what it is read as."""
_SIGNS = re.compile(r"[^a-z0-9]")
_DRAWN_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s"})
_CURRENCY_SIGNS = str.maketrans(
    "\u20ae\u20bf\u20ac\u039e\u03be\u00a2\u20b5\u20ab\u20a9\u20b3\u20a6\u20b1\u20b4\u00a5",
    "tbeeeccdwanpsy",
)
"""Currency signs that tokens write for a letter: `USD₮`. Those without such a letter have no row."""
_DOLLAR = str.maketrans("$", "s")
"""Beside a word the dollar sign is no letter (`$USDC`), within one it is (`U$DC`), so each reading is compared."""
_ANY_LETTER = "?"
"""A letter of another script whose look nobody has listed."""


@dataclass(frozen=True, slots=True)
class Misleading:
    """Symbols that are read as something else after a number, in any case of their letters."""

    form: re.Pattern[str]
    """The symbols, in small letters."""
    reads_as: str
    """What a person takes them for."""
    source: str
    """Where the words are from, with the date of reading."""
    with_signs: bool = True
    """False if a sign beside the word makes another word of it, as `USD+` is the name of a token."""


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
    Misleading(
        re.compile(
            r"[$\d]?(?:(?:usd|eur|gbp|jpy|chf|cny|rmb|inr|krw|brl|cad|aud|nzd|sgd|hkd|twd|thb|idr|php|vnd|mxn|ars|clp|cop|"
            r"zar|ngn|kes|egp|aed|sar|ils|pln|czk|huf|ron|sek|nok|dkk|rub|uah|try|us|dollars?|euros?|pounds?|yen|yuan|"
            r"francs?|rupees?|pesos?|cents?)[$.-]?)"
        ),
        "money of a state",
        "ISO 4217, the most used currencies, and their names; from memory (2026-11-27)",
        with_signs=False,
    ),
)


def readable_symbol(symbol: str | None, coin: str) -> str | None:
    """Return the symbol, or None if it must not be repeated. `coin`: the currency of the chain, empty if not known."""
    if symbol is None or len(symbol) > _LONGEST or not _WORD.fullmatch(symbol):
        return None
    written = symbol.lower()
    forms = {written, written.lstrip(_BEFORE), written.rstrip(_AFTER), written.lstrip(_BEFORE).rstrip(_AFTER)}
    if any(
        each.form.fullmatch(form) for each in MISLEADING for form in (forms if each.with_signs else {written})
    ):
        return None
    return None if coin and _drawn(coin) in map(_drawn, forms) else symbol


def _drawn(symbol: str) -> str:
    """Return the same text for symbols that look alike."""
    return _SIGNS.sub("", symbol.lower()).translate(_DRAWN_ALIKE)


@dataclass(frozen=True, slots=True)
class Imitated:
    """What a token's symbol makes a person believe."""

    symbol: str
    """The symbol that people know."""
    addresses: tuple[str, ...]
    """The contracts of the known token; empty for the chain's own coin."""


def imitated(symbol: str | None, token: str, chain_id: int, coin: str) -> Imitated | None:
    """Return what the symbol is taken for if the token is another one. Letters, signs and spaces count as they look."""
    known = KNOWN_TOKENS.get(chain_id, {})
    if not symbol or any(token.lower() == each.lower() for addresses in known.values() for each in addresses):
        return None
    forms = {
        _form(each) for each in (symbol, symbol.translate(_DOLLAR), symbol.lstrip("$").translate(_DOLLAR))
    }
    trusted = ({coin: ()} if coin else {}) | known
    return next(
        (
            Imitated(name, where)
            for name, where in trusted.items()
            if any(_reads_as(form, _form(name)) for form in forms)
        ),
        None,
    )


def _form(symbol: str) -> str:
    plain = skeleton(symbol.translate(_CURRENCY_SIGNS)).translate(_DRAWN_ALIKE)
    return "".join(c if c.isascii() else _ANY_LETTER for c in plain if c.isalnum())


def _reads_as(form: str, known: str) -> bool:
    """At least half of the letters must be known ones, or every short word of another script would be an imitation."""
    is_alike = len(form) == len(known) and all(
        c in (_ANY_LETTER, other) for c, other in zip(form, known, strict=True)
    )
    return is_alike and 2 * form.count(_ANY_LETTER) <= len(form)

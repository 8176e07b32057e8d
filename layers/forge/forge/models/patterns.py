"""The forms that texts from outside must have, each with the words that describe it to a person."""

from __future__ import annotations

_FIRST, _ANY = r"[A-Za-z0-9_~-]", r"[A-Za-z0-9._~-]"
SESSION_ID = rf"^(?:{_FIRST}{_ANY}{{0,127}}|\.{_FIRST}{_ANY}{{0,126}}|\.\.{_ANY}{{1,126}})$"
"""`.` or `..` alone is excluded: in a URL path they are folders, so such a session could neither be renamed nor
deleted.
"""
CLAIM_ID = r"^[A-Za-z0-9-]{8,64}$"
HEX_ID = r"^[0-9a-f]{32}$"
DIGEST = r"^[0-9a-f]{64}$"
ADDRESS = r"^0x[0-9a-fA-F]{40}$"
HEX_DATA = r"^0x(?:[0-9a-fA-F]{2})*$"
WEI = r"^(?:0|[1-9][0-9]{0,77})$"
TRANSACTION_HASH = r"^0x[0-9a-fA-F]{64}$"

WORDS = {
    SESSION_ID: "must be 1 to 128 characters: letters (a to z), digits, or . _ ~ -, and not . or .. alone",
    CLAIM_ID: "must be 8 to 64 characters: letters (a to z), digits, or -",
    HEX_ID: "must be an id that the server gave: 32 characters, 0 to 9 and a to f",
    DIGEST: "must be the digest that the server gave: 64 characters, 0 to 9 and a to f",
    ADDRESS: "must be an address: 0x and 40 characters, 0 to 9 and a to f",
    HEX_DATA: "must be data in hexadecimal: 0x and an even number of characters, 0 to 9 and a to f",
    WEI: "must be a whole number of wei, without a sign or a leading zero",
    TRANSACTION_HASH: "must be a transaction's hash: 0x and 64 characters, 0 to 9 and a to f",
}
"""Error messages use these words, because a person should not have to read a regular expression."""

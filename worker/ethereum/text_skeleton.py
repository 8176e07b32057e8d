"""How a text from outside looks to a reader."""

from __future__ import annotations

import unicodedata

from forge.models.text_cleaning import BLANK

_LOOKALIKES = str.maketrans(
    "\u0430\u0441\u0435\u043e\u0440\u0455\u0443\u0445\u0442\u043c\u0432\u0456\u04cf\u051d\u0261\u03b1\u03bf\u03c4",
    "aceopsyxtmbilwgaot",
)
"""Cyrillic and Greek letters that look like Latin ones."""


def skeleton(text: str) -> str:
    """Return how `text` looks: letters of one width in lower case, without accents and invisible characters."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(
        c for c in plain if c.isprintable() and not unicodedata.combining(c) and c not in BLANK
    ).translate(_LOOKALIKES)

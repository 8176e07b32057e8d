"""Text from outside, made fit to stand in a sentence of ours: on one line, without what cannot be seen."""

from __future__ import annotations

import re
import unicodedata

_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols by their category, which are drawn as nothing."""
_LOOKALIKES = str.maketrans(
    "\u0430\u0441\u0435\u043e\u0440\u0455\u0443\u0445\u0442\u043c\u0432\u0456\u04cf\u051d\u0261\u03b1\u03bf\u03c4",
    "aceopsyxtmbilwgaot",
)
"""Cyrillic and Greek letters that are read as Latin ones."""
_STACKED = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]{2})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]+"
)


def one_line(text: str, limit: int) -> str:
    """Direction overrides, control and zero-width characters go, white space becomes one space.

    Combining marks stay, but no more than two on one letter: a pile of them covers the lines above and below.
    """
    visible = "".join(c if c.isprintable() and c not in _BLANK else " " for c in text)
    return " ".join(_STACKED.sub(r"\1", visible).split())[:limit]


def skeleton(text: str) -> str:
    """What `text` looks like at first sight: in one width, without accents and what cannot be seen, in lower case."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(
        c for c in plain if c.isprintable() and not unicodedata.combining(c) and c not in _BLANK
    ).translate(_LOOKALIKES)

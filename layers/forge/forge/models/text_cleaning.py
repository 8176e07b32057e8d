"""Make text from outside fit to be stored and sent, or to be shown on one line next to our own words."""

from __future__ import annotations

import re

BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Characters that Unicode classifies as letters or symbols but that are drawn as nothing."""
_STACKED = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]{2})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]+"
)


_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters except white space, and lone surrogates; `frontend/client/code_points.js` has the same list."""


def fit(text: str) -> str:
    """Replace characters that cannot be stored, keeping the length in characters. A client does the same before it
    sends, so that both have the same text.
    """
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, limit: int | None = None) -> str:
    """Remove direction overrides, control and zero-width characters, and turn each white space into one space.

    At most two combining marks stay on one letter, because a pile of marks covers the lines above and below. The
    result has at most `limit` characters.
    """
    visible = "".join(c if c.isprintable() and c not in BLANK else " " for c in text)
    return " ".join(_STACKED.sub(r"\1", visible).split())[:limit]

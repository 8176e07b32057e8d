"""Text from outside, made fit: to be stored and sent on, or to stand on one line of ours beside other words."""

from __future__ import annotations

import re

BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols by their category, which are drawn as nothing."""
_STACKED = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]{2})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]+"
)


_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but white space, and halves of characters; `frontend/client/code_points.js` has the same."""


def fit(text: str) -> str:
    """As long as before, in characters. A client does the same before it sends, so that both hold the same text."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, limit: int | None = None) -> str:
    """Direction overrides, control and zero-width characters go, white space becomes one space.

    Combining marks stay, but no more than two on one letter: a pile of them covers the lines above and below.
    At most `limit` characters are left.
    """
    visible = "".join(c if c.isprintable() and c not in BLANK else " " for c in text)
    return " ".join(_STACKED.sub(r"\1", visible).split())[:limit]

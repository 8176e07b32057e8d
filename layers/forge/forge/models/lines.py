"""Text from outside, made fit to stand on one line of ours: without what cannot be seen or moves what is beside it."""

from __future__ import annotations

import re

BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols by their category, which are drawn as nothing."""
_STACKED = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]{2})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]+"
)


def one_line(text: str, limit: int | None = None) -> str:
    """Direction overrides, control and zero-width characters go, white space becomes one space.

    Combining marks stay, but no more than two on one letter: a pile of them covers the lines above and below.
    At most `limit` characters are left.
    """
    visible = "".join(c if c.isprintable() and c not in BLANK else " " for c in text)
    return " ".join(_STACKED.sub(r"\1", visible).split())[:limit]

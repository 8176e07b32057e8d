"""Documents of which a program writes a part, between two marks; the hand-written text around it stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def written(document: str, text: str, begin: str, end: str) -> str:
    """Return the document with `text` between its marks."""
    return re.sub(
        f"{re.escape(begin)}.*{re.escape(end)}",
        lambda _: f"{begin}\n\n{text}\n{end}",
        document,
        flags=re.DOTALL,
    )


def table(corner: str, heads: Iterable[str], rows: Mapping[str, Iterable[str]]) -> list[str]:
    heads = list(heads)
    return [
        f"| {corner} | {' | '.join(heads)} |",
        f"| --- | {' | '.join('---' for _ in heads)} |",
        *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()),
    ]

"""The title of a conversation until the person renames it."""

from __future__ import annotations

import json
from typing import Any, cast

from forge.models.counted_words import counted
from forge.models.text_cleaning import one_line

AUTOMATIC_TITLE_LIMIT = 60
_FENCE = "```"


def automatic_title(text: str) -> str:
    """Return the first line of a message without invisible characters; it may be empty.

    If the message begins with JSON, the title uses the words in it or after it.
    """
    lines = [line for line in text.split("\n") if not line.lstrip().startswith(_FENCE)]
    plain = "\n".join(lines).strip() or text.strip()
    line = one_line((_in_words(plain) or plain).partition("\n")[0])
    if len(line) <= AUTOMATIC_TITLE_LIMIT:
        return line
    return line[: AUTOMATIC_TITLE_LIMIT - 1].rstrip() + "…"


def _in_words(text: str) -> str | None:
    if not text.startswith(("{", "[")):
        return None
    try:
        value, end = cast("tuple[dict[str, Any] | list[Any], int]", json.JSONDecoder().raw_decode(text))
    except (ValueError, RecursionError):
        return None
    return text[end:].strip() or _named(value)


def _named(value: dict[str, Any] | list[Any]) -> str:
    names = " ".join(", ".join(value).split()) if isinstance(value, dict) else ""
    return f"JSON with {names}" if names else f"JSON of {counted(len(value), 'entry')}"

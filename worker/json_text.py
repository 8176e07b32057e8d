"""Parses JSON from outside. Any fault in it raises the same kind of error."""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """Raises `ValueError` for text that is not JSON, and for nesting that is too deep to be read."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_json_at(text: str, start: int) -> tuple[Any, int] | None:
    """Return the value that begins there and the place behind its end, whatever follows; None if it cannot be read."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None


_DECODER = json.JSONDecoder()

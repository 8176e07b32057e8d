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


def read_first_json(text: str) -> Any:
    """Return the value with which the text begins, whatever follows it; None if there is none that can be read."""
    try:
        return _DECODER.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


_DECODER = json.JSONDecoder()

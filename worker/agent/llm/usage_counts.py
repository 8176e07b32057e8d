"""Puts the token counts of an SDK's usage into the form that the library expects: it refuses an answer for one of
them.
"""

from __future__ import annotations

from math import ceil, isfinite
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_DIGITS = 20
"""A longer text is no count of tokens. Python refuses to read thousands of digits."""


def make_countable(usage: Any) -> None:
    """Change each count that is no number: it is told as 0, or not at all where it need not be told."""
    if not isinstance(usage, BaseModel):
        return
    for name, field in type(usage).model_fields.items():
        value = getattr(usage, name, None)
        if isinstance(value, BaseModel):
            make_countable(value)
        elif _is_count(field):
            setattr(usage, name, _count(value, 0 if field.is_required() else None))


def _is_count(field: FieldInfo) -> bool:
    return int in (field.annotation, *get_args(field.annotation))


def _count(value: Any, untold: int | None) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) <= _DIGITS:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return untold
    return max(0, ceil(value))

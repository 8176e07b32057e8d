"""Event filters of an event source mapping: whether a record matches a pattern."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


def matches(record: Mapping[str, Any], pattern: Mapping[str, Any]) -> bool:
    """Each key of the pattern holds the list of its accepted values, or a pattern for the level below. Raises
    `ValueError` for any other rule, such as `prefix`.
    """
    for key, rule in pattern.items():
        value = record.get(key)
        if isinstance(rule, Mapping):
            if not isinstance(value, Mapping):
                return False
            if not matches(cast(Mapping[str, Any], value), cast(Mapping[str, Any], rule)):
                return False
        elif any(isinstance(each, Mapping) for each in rule):
            raise ValueError(f"local_dev does not know the event filter {rule}")
        elif key not in record or value not in rule:
            return False
    return True

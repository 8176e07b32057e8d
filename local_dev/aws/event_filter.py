"""Event filters of an event source mapping: whether a record matches a pattern."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast


def matches(record: Mapping[str, Any], pattern: Mapping[str, Any]) -> bool:
    """Each key of the pattern holds a rule's list of accepted values, or a pattern for the level below."""
    for key, rule in pattern.items():
        present, value = key in record, record.get(key)
        if isinstance(rule, Mapping):
            if not isinstance(value, Mapping):
                return False
            if not matches(cast(Mapping[str, Any], value), cast(Mapping[str, Any], rule)):
                return False
        elif not any(_admits(each, present, value) for each in rule):
            return False
    return True


def _admits(rule: Any, present: bool, value: Any) -> bool:
    if not isinstance(rule, Mapping):
        return present and value == rule
    name, argument = next(iter(cast(Mapping[str, Any], rule).items()))
    tests: dict[str, Callable[[], bool]] = {
        "exists": lambda: present == argument,
        "prefix": lambda: isinstance(value, str) and value.startswith(argument),
        "suffix": lambda: isinstance(value, str) and value.endswith(argument),
        "anything-but": lambda: (
            present and value not in (argument if isinstance(argument, list) else [argument])
        ),
    }
    if name not in tests:
        raise ValueError(f"the event filter {name} is not known to local_dev")
    return tests[name]()

"""References such as `{{0.hash}}` in a script, each a field of an earlier tool result."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from typing import Any, cast

from worker.json_text import read_json

_REFERENCE = re.compile(r"\{\{(\d+)((?:\.\w+)*)\}\}")


def fill_in(template: Any, values: Sequence[Any]) -> Any:
    """Return `template` with its references replaced. If a reference is the whole string, the value keeps its type.

    A reference to nothing becomes `null`, so that the mistake is visible in what the script says or calls.
    """
    if isinstance(template, dict):
        return {k: fill_in(v, values) for k, v in cast("dict[str, Any]", template).items()}
    if isinstance(template, list):
        return [fill_in(v, values) for v in cast("list[Any]", template)]
    if not isinstance(template, str):
        return template
    if whole := _REFERENCE.fullmatch(template):
        return _found(whole, values)
    return _REFERENCE.sub(lambda match: _as_text(_found(match, values)), template)


def _found(match: re.Match[str], values: Sequence[Any]) -> Any:
    index = int(match[1])
    value: Any = values[index] if index < len(values) else None
    for name in match[2].split(".")[1:]:
        value = _step(value, name)
    return value


def _step(value: Any, name: str) -> Any:
    if isinstance(value, str) and value.startswith(("{", "[")):
        with contextlib.suppress(ValueError):
            value = read_json(value)
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).get(name)
    if isinstance(value, list) and name.isdecimal() and int(name) < len(cast("list[Any]", value)):
        return cast("list[Any]", value)[int(name)]
    return None


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)

"""Text that can be stored and sent: a lone surrogate, which broken JSON can bring, has no encoding."""

from __future__ import annotations

import re
from typing import Any, cast

_SURROGATE = re.compile("[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """As long as before, so offsets into it still hold."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def well_formed_json(value: Any) -> Any:
    """`value` with every string in it well-formed."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        return [well_formed_json(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        return {well_formed_json(key): well_formed_json(item) for key, item in items}
    return value

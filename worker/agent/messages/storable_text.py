"""Text that can be stored and sent. A lone surrogate, which invalid JSON can contain, has no encoding."""

from __future__ import annotations

import re
from typing import Any, cast

_SURROGATE = re.compile("[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """Replace lone surrogates. The length does not change, so that offsets into the text stay valid."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def well_formed_json(value: Any) -> Any:
    """Return `value` with every string in it well-formed."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        return [well_formed_json(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        return {well_formed_json(key): well_formed_json(item) for key, item in items}
    return value

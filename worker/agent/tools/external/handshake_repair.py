"""What a server says of itself costs none of its tools: a part that the library cannot read is left out."""

from __future__ import annotations

from typing import Any, cast

from mcp_types import methods
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, LATEST_HANDSHAKE_VERSION
from pydantic import ValidationError

_OF_THE_HANDSHAKE = frozenset({"protocolVersion", "serverInfo"})
_OF_THE_DISCOVERY = "supportedVersions"
"""A field of the result of `server/discover`, which tells the server's name and capabilities too."""
_BARE: dict[str, Any] = {
    "protocolVersion": HANDSHAKE_PROTOCOL_VERSIONS[0],
    "capabilities": {},
    "serverInfo": {"name": "", "version": ""},
}
"""A handshake with nothing but the fields that it must have."""


def is_handshake(result: dict[str, Any]) -> bool:
    """Return whether it is the result of `initialize`, also if it lacks its version."""
    return not _OF_THE_HANDSHAKE.isdisjoint(result) and _OF_THE_DISCOVERY not in result


def repair_handshake(result: dict[str, Any]) -> None:
    """Change the result of `initialize`. Only its version and its capabilities mean anything to us; without a version
    it counts as the oldest.
    """
    if not isinstance(result.get("protocolVersion"), str):
        result["protocolVersion"] = _BARE["protocolVersion"]
    capabilities, info = _object(result.get("capabilities")), _object(result.get("serverInfo"))
    result["serverInfo"] = {name: _text(info.get(name)) for name in _BARE["serverInfo"]}
    result["capabilities"] = {
        name: value for name, value in capabilities.items() if _is_readable(capabilities={name: value})
    }
    for name in result.keys() - _BARE.keys():
        if not _is_readable(**{name: result[name]}):
            del result[name]


def _is_readable(**part: Any) -> bool:
    """Return whether the library can read a handshake that has this part."""
    try:
        methods.parse_server_result("initialize", LATEST_HANDSHAKE_VERSION, {**_BARE, **part})
    except ValidationError:
        return False
    return True


def repair_cursor(result: dict[str, Any]) -> None:
    """A cursor may be any text. Some servers number their pages, and some tell the end by a value that is no text."""
    cursor = result.pop("nextCursor", None)
    if isinstance(cursor, str) or cursor:
        result["nextCursor"] = str(cursor)


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return "" if value is None else str(value)

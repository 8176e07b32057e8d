"""What a server says of itself costs none of its tools: a part that cannot be read is replaced by an empty one."""

from __future__ import annotations

from typing import Any, cast

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

_OF_THE_HANDSHAKE = frozenset({"protocolVersion", "serverInfo"})
_OF_THE_DISCOVERY = "supportedVersions"
"""A field of the result of `server/discover`, which tells the server's name and capabilities too."""


def is_handshake(result: dict[str, Any]) -> bool:
    """Return whether it is the result of `initialize`, also if it lacks its version."""
    return not _OF_THE_HANDSHAKE.isdisjoint(result) and _OF_THE_DISCOVERY not in result


def repair_handshake(result: dict[str, Any]) -> None:
    """Change the result of `initialize`. Only its version and its capabilities mean anything to us; without a version
    it counts as the oldest.
    """
    if not isinstance(result.get("protocolVersion"), str):
        result["protocolVersion"] = HANDSHAKE_PROTOCOL_VERSIONS[0]
    capabilities, info = _object(result.get("capabilities")), _object(result.get("serverInfo"))
    result["capabilities"] = {name: value for name, value in capabilities.items() if isinstance(value, dict)}
    result["serverInfo"] = {name: _text(info.get(name)) for name in ("name", "version")}
    for name, kind in (("instructions", str), ("_meta", dict)):
        if not isinstance(result.get(name), kind):
            result.pop(name, None)


def repair_cursor(result: dict[str, Any]) -> None:
    """A cursor may be any text. Some servers number their pages, and some tell the end by a value that is no text."""
    cursor = result.pop("nextCursor", None)
    if isinstance(cursor, str) or cursor:
        result["nextCursor"] = str(cursor)


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return "" if value is None else str(value)

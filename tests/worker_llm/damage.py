"""Damages one event of a provider's stream, in any wire format: some field gets some other value."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

from tests.worker_llm import test_bedrock

_PRELUDE, _CHECKSUM = 12, 4
Path = tuple[str | int, ...]


def body_of(wire: str, frame: bytes) -> Any:
    """None for a frame without JSON."""
    if wire == "bedrock":
        return json.loads(frame[_PRELUDE + _header_length(frame) : -_CHECKSUM])
    text = frame.split(b"data: ", 1)[1]
    return json.loads(text) if text.startswith(b"{") else None


def with_body(wire: str, frame: bytes, body: Any) -> bytes:
    text = json.dumps(body).encode()
    if wire == "bedrock":
        return test_bedrock.framed(frame[_PRELUDE : _PRELUDE + _header_length(frame)], text)
    return frame.split(b"data: ", 1)[0] + b"data: " + text + b"\n\n"


def _header_length(frame: bytes) -> int:
    return struct.unpack(">I", frame[4:8])[0]


def paths(body: Any, before: Path = ()) -> Iterator[Path]:
    """Where each value is, from the outermost to the innermost."""
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in items:
        yield (*before, key)
        yield from paths(value, (*before, key))


def replaced(body: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    key, rest = path[0], path[1:]
    copy: Any = dict(body) if isinstance(body, dict) else list(body)
    copy[key] = replaced(body[key], rest, value)
    return copy

"""Repairs JSON that strict parsers refuse, so that one invalid character does not cost a whole message."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.",
    re.DOTALL,
)
_LONE_ESCAPE_BYTES = 6
_REPLACEMENT = rb"\ufffd"


def repaired(line: bytes) -> bytes:
    """Replace lone surrogates, which programs that cut text by UTF-16 units write, and bytes that are not UTF-8."""
    if rb"\ud" in line or rb"\uD" in line:
        line = _ESCAPE.sub(_whole, line)
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode(errors="replace").encode()
    return line


def _whole(escape: re.Match[bytes]) -> bytes:
    text = escape[0]
    return _REPLACEMENT if len(text) == _LONE_ESCAPE_BYTES and text[1:2] == b"u" else text

"""Repairs JSON that strict parsers refuse, so that one invalid character does not cost a whole message, and an error of
an unusual form does not cost its words.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from mcp_types import CONNECTION_CLOSED

from worker.json_text import read_json

_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.",
    re.DOTALL,
)
_LONE_ESCAPE_BYTES = 6
_REPLACEMENT = rb"\ufffd"
_HEAD = re.compile(rb"(?:\xef\xbb\xbf|[\0\s])*+(?:event:[^\n]*\n)?(?:data:)?[ \t]*+(?=\{)")
"""What may stand before a message: a byte order mark, or the fields of an event. Blanks are never given back, so that
the time is linear.
"""
_LONGEST_ERROR = 100_000
"""Longer lines are not parsed for an error, unless they may contain the code that must not be passed on."""
_CLOSED = str(CONNECTION_CLOSED).encode()
SERVERS_OWN = -32099
"""JSON-RPC's last code for a server's own errors, for an error that has no readable code, and in the place of -32000:
the library uses that itself, for a connection or a stream that has ended without an answer, which no answer means.
"""


def repaired(line: bytes) -> bytes:
    """Replace lone surrogates, which programs that cut text by UTF-16 units write, and bytes that are not UTF-8; and
    write an error of another form as JSON-RPC's. `line`: one message, whole.
    """
    if b'"error"' in line and (len(line) <= _LONGEST_ERROR or _CLOSED in line):
        line = _with_readable_error(line)
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


def _with_readable_error(line: bytes) -> bytes:
    """`line`: one message, perhaps as an event's data. What a log quotes after words of its own is no answer."""
    head = _HEAD.match(line)
    start = head.end() if head else len(line)
    try:
        message = read_json(line[start:])
    except ValueError:
        return line
    if not isinstance(message, dict) or not _has_odd_error(cast("dict[str, Any]", message)):
        return line
    fields = cast("dict[str, Any]", message)
    answer = {"jsonrpc": "2.0", "id": fields.get("id"), "error": readable_error(fields["error"])}
    return line[:start] + json.dumps(answer).encode()


def _has_odd_error(message: dict[str, Any]) -> bool:
    error = message.get("error")
    if not error or "method" in message or message.get("result"):
        return False
    return "result" in message or message.get("jsonrpc") != "2.0" or readable_error(error) != error


def readable_error(error: Any) -> dict[str, Any]:
    """Return a server's error in JSON-RPC's form."""
    fields = cast("dict[str, Any]", error) if isinstance(error, dict) else {"message": error}
    code, said = fields.get("code"), fields.get("message", error)
    is_code = isinstance(code, int) and not isinstance(code, bool) and code != CONNECTION_CLOSED
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return {**fields, "code": code if is_code else SERVERS_OWN, "message": text}

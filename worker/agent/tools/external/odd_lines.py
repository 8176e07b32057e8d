"""Finds a message in a line of stdout, or in a body, that is not one as the specification writes it. Otherwise its
call would wait until its time limit, and nobody would learn what the server has answered.

The line may begin with something else (a colour, a log's prefix, a byte order mark), contain several messages in a
list, leave out or misspell a member of JSON-RPC, or be nested so deeply that the strict parser refuses it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from mcp_types import PARSE_ERROR

from worker.agent.tools.external.json_repair import readable_error
from worker.json_text import read_json_at

DEEPEST = 100
"""Maximum nesting of what is passed on; the strict parser's own limit is 200."""
MOST_STARTS = 4
"""Brackets of a line at which a message may begin."""
_MOST_MESSAGES = 100
RESULT_FIELDS = frozenset(
    {
        "completion",
        "content",
        "contents",
        "messages",
        "prompts",
        "protocolVersion",
        "resources",
        "resourceTemplates",
        "resultType",
        "structuredContent",
        "tools",
    }
)
"""Fields of MCP's results, of which each but an empty one has one. A node's JSON-RPC, which servers log, has none."""
_DEEPER = "(nested too deeply to be read)"
_START = re.compile(r"[\[{](?=\s*[\[{\"])")
_NOISE = "\ufeff\0 \t\r\n"
_LONGEST = 1_000_000
"""Longer lines are not parsed again, because that holds the event loop."""
_ID = r'"id"\s*:\s*(?P<id>\d{1,15}|"[^"\\]{1,64}")'
_VERSION = r'\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?'
_ID_FIRST = re.compile(rf'{_VERSION}{_ID}\s*,\s*"result"'.encode())
_RESULT_FIRST = re.compile(rf'{_VERSION}"result"'.encode())
_ID_LAST = re.compile(rf",\s*{_ID}\s*\}}\s*\Z".encode())
_PART = re.compile(rb'[ \t"]|[\[\]{},]*\Z')
"""Begins a line of a value that is written over several lines. Logs begin at the margin, with something else."""
_TAIL = 200
"""Bytes at the end of a line in which the id may stand, if it is the last member."""


def rescued(line: bytes) -> list[dict[str, Any]]:
    """Return the messages in the line, in the specification's form. What stands after something else may be quoted by
    a log, so there only an answer counts, and only one whose result is MCP's.
    """
    text = _decoded(line).lstrip(_NOISE) if len(line) <= _LONGEST else ""
    for found, is_alone in _values(text):
        messages = list(_messages(found, is_alone=is_alone))
        if messages:
            return messages
    return _told_as_unreadable(line)


def _decoded(line: bytes) -> str:
    """A third of zeros is UTF-16, as programs of Windows write it. The line was split within its line ends, so it may
    begin with the second half of one.
    """
    if line.count(0) * 3 < len(line):
        return line.decode(errors="replace")
    return line.removeprefix(b"\xff\xfe").removeprefix(b"\0").decode("utf-16-le", errors="replace")


def _values(text: str) -> Iterator[tuple[Any, bool]]:
    """Yield each value at which a message may be, and whether the line begins with it. None is within another."""
    at = 0
    for _ in range(MOST_STARTS):
        match = _START.search(text, at)
        if not match:
            return
        start = match.start()
        value, at = read_json_at(text, start) or (None, start + 1)
        yield value, start == 0


def _messages(found: Any, *, is_alone: bool) -> Iterator[dict[str, Any]]:
    items = cast("list[Any]", found)[:_MOST_MESSAGES] if isinstance(found, list) else [found]
    for item in items:
        if isinstance(item, dict) and (message := _message(cast("dict[str, Any]", item), is_alone=is_alone)):
            yield message


def _message(item: dict[str, Any], *, is_alone: bool) -> dict[str, Any] | None:
    number = item.get("id")
    has_result = _has_result if is_alone else _has_result_of_mcp
    is_answer = number is not None and "method" not in item and has_result(item)
    if not is_answer and not (is_alone and isinstance(item.get("method"), str)):
        return None
    if isinstance(number, float) and number.is_integer():
        item = {**item, "id": int(number)}
    if item.get("error") is not None:
        item = {**item, "error": readable_error(item["error"])}
    return {**cast("dict[str, Any]", _pruned(item, 0)), "jsonrpc": "2.0"}


def _has_result(item: dict[str, Any]) -> bool:
    return "result" in item or "error" in item


def _has_result_of_mcp(item: dict[str, Any]) -> bool:
    result = item.get("result")
    return (
        isinstance(result, dict) and "error" not in item and not RESULT_FIELDS.isdisjoint(cast("Any", result))
    )


def _pruned(value: Any, depth: int) -> Any:
    if depth > DEEPEST and isinstance(value, (dict, list)):
        return _DEEPER
    if isinstance(value, dict):
        return {key: _pruned(item, depth + 1) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_pruned(item, depth + 1) for item in cast("list[Any]", value)]
    return value


def _told_as_unreadable(line: bytes) -> list[dict[str, Any]]:
    """An answer of which nothing but the id can be read ends its call now instead of at the time limit."""
    match = _ID_FIRST.match(line) or (_RESULT_FIRST.match(line) and _ID_LAST.search(line[-_TAIL:]))
    if not match:
        return []
    error = {"code": PARSE_ERROR, "message": "the answer cannot be read"}
    return [{"jsonrpc": "2.0", "id": json.loads(match["id"]), "error": error}]


class PrettyPrinted:
    """Puts a message together that a program writes over several lines, with its outermost brackets alone on a line."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lines = bytearray()

    def whole(self, line: bytes) -> bytes | None:
        """Return the message that this line ends, or what there is of one that is too long. None if it ends none.

        A line of a log shows that the first bracket began no message.
        """
        bare = line.rstrip()
        if bare in (b"{", b"[") or (self._lines and not _PART.match(bare)):
            self._lines.clear()
        if bare not in (b"{", b"[") and not self._lines:
            return None
        self._lines += line + b"\n"
        if bare not in (b"}", b"]") and len(self._lines) <= self._most:
            return None
        found, self._lines = bytes(self._lines), bytearray()
        return found

"""Reads a JSON file that a person wrote, and records the place of each part.

The file may have a byte order mark, comments and trailing commas.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PART = re.compile(
    r'(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<comma>,(?=\s*[}\]]))', re.DOTALL
)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)
DEEPEST = 50
"""Maximum nesting of a configuration; a deeper file is refused."""


class Unreadable(Exception):
    """The file is not a JSON object; the message says where it fails, and why."""


class Twice(dict[str, Any]):
    """An object in which the key `twice` occurs more than once, so that it is unclear which value is meant."""

    twice: str
    """The first key that occurs more than once."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read."""

    name: str
    """The file's name, for messages."""
    value: dict[str, Any]
    """The file's content."""
    places: dict[tuple[str, ...], tuple[int, int]]
    """The line and column of each key, counted from 1, by the key's path from the top."""

    def place(self, *path: str) -> str:
        """`mcp.json:12:5`, or the file's name alone."""
        known = self.places.get(path)
        return f"{self.name}:{known[0]}:{known[1]}" if known else self.name


def read_document(path: Path) -> Document:
    """Raises `Unreadable`, and `FileNotFoundError`."""
    text = _without_extras(_decoded(path))
    if _depth(text) > DEEPEST:
        raise Unreadable(f"{path.name} is nested deeper than {DEEPEST} levels")
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise Unreadable(f"{path.name}:{error.lineno}:{error.colno} is not valid JSON: {error.msg}") from None
    except (ValueError, RecursionError):
        raise Unreadable(f"{path.name} is not valid JSON: a number in it is too long") from None
    if not isinstance(value, dict):
        raise Unreadable(f"{path.name} is not a JSON object")
    return Document(path.name, cast("dict[str, Any]", value), _places(text))


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"{path.name}:{line} is not {encoding} text") from None


def _without_extras(text: str) -> str:
    """Replace comments and trailing commas by spaces, so that every other character keeps its place."""
    return _PART.sub(lambda part: part[0] if part["string"] else re.sub(r"[^\n]", " ", part[0]), text)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    names = [name for name, _ in pairs]
    twice = Twice(value)
    twice.twice = next(name for name in names if names.count(name) > 1)
    return twice


def _depth(text: str) -> int:
    depth = deepest = 0
    for token in _TOKEN.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _places(text: str) -> dict[tuple[str, ...], tuple[int, int]]:
    """The text is valid JSON, so a string before a colon is a key of the object that is open."""
    places: dict[tuple[str, ...], tuple[int, int]] = {}
    path: list[str] = []
    last: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "{" | "[":
                path.append("")
            case "}" | "]":
                path.pop()
            case ":" if last and path:
                path[-1] = json.loads(last[0])
                line = text.count("\n", 0, last.start()) + 1
                column = last.start() - text.rfind("\n", 0, last.start())
                places.setdefault(tuple(path), (line, column))
            case _:
                pass
        last = token
    return places

"""Selects a request's route as an HTTP API does: exact, then with parameters, then greedy, then $default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from local_dev.template.declarations import HttpRoute

_PARAMETER = re.compile(r"\{(\w+)(\+?)\}")


class Match(NamedTuple):
    """The route of a request."""

    route: HttpRoute
    """The route that matches best."""
    parameters: Mapping[str, str]
    """The values of the path's parameters, by name."""


@dataclass(frozen=True, slots=True)
class _Entry:
    route: HttpRoute
    pattern: re.Pattern[str]
    rank: tuple[int, int]


class Routes:
    def __init__(self, routes: Iterable[HttpRoute]) -> None:
        self._entries = sorted((_entry(route) for route in routes), key=lambda entry: entry.rank)

    def match(self, method: str, raw_path: str) -> Match | None:
        for entry in self._entries:
            if entry.route.method in (method, "ANY", "*") and (found := entry.pattern.fullmatch(raw_path)):
                values = {name: unquote(value) for name, value in found.groupdict().items()}
                return Match(entry.route, values)
        return None


def _entry(route: HttpRoute) -> _Entry:
    pattern, last = "", 0
    for found in _PARAMETER.finditer(route.path):
        piece = ".+" if found[2] else "[^/]+"
        pattern += re.escape(route.path[last : found.start()]) + f"(?P<{found[1]}>{piece})"
        last = found.end()
    pattern += re.escape(route.path[last:])
    if route.path == "$default":
        return _Entry(route, re.compile(".*"), (3, 0))
    rank = 2 if "+}" in route.path else 1 if last else 0
    return _Entry(route, re.compile(pattern), (rank, -len(route.path)))

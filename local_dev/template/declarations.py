"""What `template.yaml` declares, as plain values: functions, routes, schedules, streams, cross-origin settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the template."""

    name: str
    """The function's logical id."""
    folder: str
    """The folder of its code, which is also the last part of its module's name."""
    timeout: float
    """The longest time of one call, in seconds."""
    environment: Mapping[str, str]
    """The environment variables of the template, with local values."""


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """One route of the HTTP API."""

    method: str
    """The HTTP method, or `ANY`."""
    path: str
    """The path, with parameters such as `{name}` or `{proxy+}`."""
    function: Function
    """The function that answers."""
    streams: bool = False
    """True if the function has a URL of its own and is an ASGI app, because an HTTP API buffers."""

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class SocketApi:
    """The WebSocket API."""

    stage: str
    """The stage's name, which is a part of the URL."""
    selector: str
    """The field of a frame's JSON body that names the route."""
    routes: Mapping[str, Function]
    """The function of each route key, such as `$connect`."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function that is called at regular intervals."""

    function: Function
    """The function that is called."""
    seconds: float
    """The interval, in seconds."""


@dataclass(frozen=True, slots=True)
class TableStream:
    """A function that reads a table's stream."""

    function: Function
    """The function that is called."""
    patterns: list[Mapping[str, Any]]
    """Event filters, one of which a record must match."""
    batch_size: int
    """The maximum number of records of one call."""


@dataclass(frozen=True, slots=True)
class Cors:
    """The cross-origin settings of the HTTP API."""

    origins: list[str]
    """The origins whose pages may call the API."""
    methods: list[str]
    """The methods that such a page may use."""
    headers: list[str]
    """The request headers that such a page may send."""
    expose: list[str]
    """The response headers that such a page may read."""
    max_age: int | None
    """The seconds for which a browser may keep a preflight's answer; None if the template does not say."""
    credentials: bool
    """True if such a page may send cookies and the like."""

"""What API Gateway does with a request, as far as handlers can see it."""

from __future__ import annotations

import importlib
import json
import re
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from forge.api import dependencies
from local_dev.gateway.websocket_event import route_of
from tests.template import HttpRoute, http_routes, socket_routes


@dataclass(frozen=True)
class Context:
    function_name: str
    aws_request_id: str = "request"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Gateway:
    """What API Gateway does with a request, as far as handlers can see it."""

    def __init__(self, frames: dict[str, list[Any]]) -> None:
        self.frames = frames
        self.running: str | None = None
        self.ran: set[str] = set()
        """The folders of the functions that have run."""

    @contextmanager
    def inside(self, folder: str) -> Generator[None]:
        """While a function runs, `running` is its folder. It remembers nothing of other functions."""
        dependencies.forget_catalog()
        self.running = folder
        self.ran.add(folder)
        yield
        self.running = None

    def get(self, path: str, **query: str) -> Answer:
        return self.call("GET", path + (f"?{urlencode(query)}" if query else ""))

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call("POST", path, json.dumps(body), headers)

    def patch(self, path: str, body: Any) -> Answer:
        return self.call("PATCH", path, json.dumps(body))

    def delete(self, path: str, **headers: str) -> Answer:
        return self.call("DELETE", path, headers=headers)

    def call(
        self, method: str, url: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        path, _, query = url.partition("?")
        route = _route(method, path)
        given = {"content-type": "application/json"} if body is not None else {}
        for name, value in (headers or {}).items():
            given[name.lower().replace("_", "-")] = value
        event = http_event(method, path, query, body, {n: v for n, v in given.items() if v})
        event["routeKey"] = f"{method} {route.path}"
        with self.inside(route.folder):
            return invoke(route.folder, event)

    def connect(self, headers: dict[str, str] | None = None, **query: str) -> tuple[int, str]:
        """The handshake's status and the connection's id."""
        connection_id = uuid.uuid4().hex[:12] + "="
        event = socket_event("$connect", connection_id)
        event |= {"headers": headers or {"Host": "forge.test"}, "queryStringParameters": query or None}
        status = self._call_socket("$connect", event)["statusCode"]
        if status == 200:
            self.frames[connection_id] = []
        return status, connection_id

    def say(self, connection_id: str, frame: Any) -> list[Any]:
        """Send a frame; the frames that were posted to the connection meanwhile."""
        body = frame if isinstance(frame, str) else json.dumps(frame)
        route = route_of(body, "type", socket_routes())
        before = len(self.frames.get(connection_id, []))
        answer = self._call_socket(route, socket_event(route, connection_id, body))
        assert answer == {"statusCode": 200}
        return self.frames.get(connection_id, [])[before:]

    def leave(self, connection_id: str) -> None:
        self._call_socket("$disconnect", socket_event("$disconnect", connection_id))
        self.frames.pop(connection_id, None)

    def _call_socket(self, route: str, event: dict[str, Any]) -> Any:
        folder = socket_routes()[route]
        with self.inside(folder):
            return importlib.import_module(f"functions.{folder}.handler").handler(event, Context(folder))


def invoke(folder: str, event: dict[str, Any]) -> Answer:
    handler = importlib.import_module(f"functions.{folder}.handler").handler
    answer = handler(event, Context(folder))
    assert not answer.get("isBase64Encoded")
    return Answer(answer["statusCode"], answer["headers"], answer["body"])


def http_event(
    method: str, path: str, query: str, body: str | None, headers: dict[str, str]
) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": query,
        "queryStringParameters": dict(parse_qsl(query)),
        "headers": {"host": "forge.test", **headers},
        "requestContext": {
            "requestId": uuid.uuid4().hex,
            "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def socket_event(route: str, connection_id: str, body: str | None = None) -> dict[str, Any]:
    context = {"connectionId": connection_id, "routeKey": route, "requestId": uuid.uuid4().hex}
    return {"requestContext": context, "body": body}


def _route(method: str, path: str) -> HttpRoute:
    for route in http_routes():
        pattern = re.sub(r"\{\w+\}", "[^/]+", route.path)
        if re.fullmatch(pattern, path) and method in {route.method, "OPTIONS"}:
            return route
    raise AssertionError(f"no route {method} {path}")

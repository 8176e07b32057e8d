"""The real handlers, called with API Gateway's events, over moto and a real HTTP server that plays `@connections`."""

from __future__ import annotations

import importlib
import json
import os
import re
import threading
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import pytest

from forge.api import dependencies
from forge.models.session import Catalog, NetworkInfo, ToolInfo
from forge.settings import Settings
from forge.store import Store
from tests.template import http_routes, socket_routes


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


@dataclass
class ConnectionsServer:
    """Keeps what is posted; a connection that is not open is gone."""

    frames: dict[str, list[Any]] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    throttled: set[str] = field(default_factory=set)
    url: str = ""

    def status(self, method: str, connection_id: str, body: bytes) -> int:
        if connection_id in self.throttled:
            return 429
        if connection_id not in self.frames or connection_id in self.closed:
            return 410
        if method == "DELETE":
            self.closed.append(connection_id)
            return 204
        assert len(body) <= 32_000
        self.frames[connection_id].append(json.loads(body))
        return 200


def _request_handler(state: ConnectionsServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status = state.status(self.command, unquote(self.path.rpartition("/")[2]), body)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def do_DELETE(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Quiet."""

    return Handler


@pytest.fixture(scope="session")
def running_connections_server() -> Iterator[ConnectionsServer]:
    state = ConnectionsServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _request_handler(state))
    state.url = f"http://127.0.0.1:{server.server_port}/ws"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def connections_server(running_connections_server: ConnectionsServer) -> ConnectionsServer:
    """Without connections."""
    running_connections_server.frames.clear()
    running_connections_server.closed.clear()
    running_connections_server.throttled.clear()
    return running_connections_server


class Environment:
    """The variables that the template gives to functions. Adapters are made again only when one has changed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def unset(self, *names: str) -> None:
        for name in names:
            self._monkeypatch.delenv(name, raising=False)
        self.set()

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)
        if (
            dependencies.settings.cache_info().currsize
            and dependencies.settings() == Settings.from_environment(os.environ)
        ):
            dependencies.forget_catalog()
        else:
            dependencies.forget()


@pytest.fixture
def environment(
    monkeypatch: pytest.MonkeyPatch, table: str, queue_url: str, connections_server: ConnectionsServer
) -> Environment:
    environment = Environment(monkeypatch)
    environment.set(
        FORGE_TABLE=table,
        FORGE_QUEUE_URL=queue_url,
        FORGE_CONNECTIONS_URL=connections_server.url,
        RATE_LIMIT_BURST="100",
    )
    return environment


@pytest.fixture
def real_store(environment: Environment) -> Store:
    """The store that the handlers use, on the real clock."""
    return dependencies.store()


CATALOG = Catalog(
    llm="offline",
    networks=[
        NetworkInfo(name="testnet", chain_id=31337, title="Test network", sends=True),
        NetworkInfo(name="base", chain_id=8453, title="Base"),
    ],
    tools=[
        ToolInfo(name="balance", description="Balance", parameters={}, server="evm", read_only=True),
        ToolInfo(name="send", description="Send", parameters={}, server="evm", read_only=False),
    ],
    published_at=1,
)


@pytest.fixture
def catalog(real_store: Store) -> Catalog:
    real_store.commands.publish(CATALOG)
    return CATALOG


class Gateway:
    """What API Gateway does with a request, as far as handlers can see it."""

    def __init__(self, frames: dict[str, list[Any]]) -> None:
        self.frames = frames
        self.running: str | None = None

    @contextmanager
    def inside(self, folder: str) -> Generator[None]:
        """While a function runs, `running` is its folder. It remembers nothing of other functions."""
        dependencies.forget_catalog()
        self.running = folder
        yield
        self.running = None

    def get(self, path: str, **query: str) -> Answer:
        return self.call("GET", path + (f"?{urlencode(query)}" if query else ""))

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call("POST", path, json.dumps(body), headers)

    def patch(self, path: str, body: Any) -> Answer:
        return self.call("PATCH", path, json.dumps(body))

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)

    def call(
        self, method: str, url: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        path, _, query = url.partition("?")
        folder = _folder(method, path)
        given = {"content-type": "application/json"} if body is not None else {}
        for name, value in (headers or {}).items():
            given[name.lower().replace("_", "-")] = value
        event = http_event(method, path, query, body, {n: v for n, v in given.items() if v})
        with self.inside(folder):
            return invoke(folder, event)

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
        try:
            route = json.loads(body)["type"]
        except (ValueError, TypeError, KeyError):
            route = "$default"
        route = route if isinstance(route, str) and route in socket_routes() else "$default"
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


@pytest.fixture
def gateway(environment: Environment, connections_server: ConnectionsServer) -> Gateway:
    return Gateway(connections_server.frames)


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


def _folder(method: str, path: str) -> str:
    for route in http_routes():
        pattern = re.sub(r"\{\w+\}", "[^/]+", route.path)
        if re.fullmatch(pattern, path) and method in {route.method, "OPTIONS"}:
            return route.folder
    raise AssertionError(f"no route {method} {path}")

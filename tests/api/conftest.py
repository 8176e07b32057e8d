"""The real handlers, called with API Gateway's events, over an emulator and a real HTTP server that stands in for
`@connections`.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest

from forge.api import dependencies
from forge.models.session import Catalog, NetworkInfo, ToolInfo
from forge.settings import Settings
from forge.store import Store, keys
from tests.api.gateway import Gateway
from tests.patience import PATIENCE_SECONDS


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
    thread.join(PATIENCE_SECONDS)


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
        if dependencies.settings.is_made and dependencies.settings() == Settings.from_environment(os.environ):
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


@pytest.fixture
def gateway(environment: Environment, connections_server: ConnectionsServer) -> Gateway:
    return Gateway(connections_server.frames)


def stored_items(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    """All items but the rate of the whole deployment: the functions of one process charge it in blocks, and any request
    may be the one that is due to write it.
    """
    rate = keys.single("pace", "deployment")
    found = dynamodb.scan(TableName=table)["Items"]
    return [item for item in found if {name: item[name]["S"] for name in rate} != rate]


@pytest.fixture
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions' time stands still: none of them finds something due that was not due for the one before."""
    at = time.time_ns()
    clock = SimpleNamespace(time_ns=lambda: at, monotonic=time.monotonic)
    monkeypatch.setattr("forge.api.dependencies.time", clock)
    module = import_module("forge.store.dynamodb_store")  # of that name, `forge.store` has the function
    monkeypatch.setattr(module, "time", clock)

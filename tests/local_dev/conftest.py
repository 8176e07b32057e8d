"""The gateway on a free port, with small functions in place of the application's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from local_dev.aws.credential import Credential
from local_dev.aws.lambda_runtime import LambdaRuntime
from local_dev.gateway.connections_api import ConnectionsApi
from local_dev.gateway.gateway import Gateway, Server
from local_dev.gateway.http_api import HttpApi
from local_dev.gateway.page import Page
from local_dev.gateway.routing import Routes
from local_dev.gateway.rpc_proxy import RpcProxy
from local_dev.gateway.websocket_api import WebSocketApi
from local_dev.http_server.limits import Limits
from local_dev.metrics import Metrics
from local_dev.template.declarations import Cors, Function, HttpRoute, SocketApi
from tests.patience import PATIENCE_SECONDS

ACCESS_KEY = "TESTKEY"


@dataclass
class Application:
    """What a test wires: routes to handlers. Reports of the runtime are collected."""

    page: Path
    http: dict[str, Any] = field(default_factory=dict)
    socket: dict[str, Any] = field(default_factory=dict)
    streams: dict[str, Any] = field(default_factory=dict)
    cors: Cors | None = None
    limits: Limits = field(default_factory=Limits)
    page_headers: dict[str, str] = field(default_factory=dict)
    chain_url: str | None = None
    timeout: float = 10.0
    reports: list[str] = field(default_factory=list)

    def limit(self, **values: Any) -> None:
        self.limits = replace(self.limits, **values)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Running]:
        runtime = LambdaRuntime(self.reports.append)
        listener = socket.create_server(("127.0.0.1", 0))
        gateway = self._gateway(runtime)
        server = Server(gateway, listener, self.limits, gateway.connections.post_now)
        task = asyncio.create_task(server.run_until_stopped())
        try:
            yield Running(f"127.0.0.1:{listener.getsockname()[1]}", gateway.sockets)
        finally:
            server.should_exit = True
            await asyncio.wait_for(task, PATIENCE_SECONDS)
            listener.close()
            runtime.close()

    def _gateway(self, runtime: LambdaRuntime) -> Gateway:
        routes = [self._route(runtime, key, handler, False) for key, handler in self.http.items()]
        routes += [self._route(runtime, key, app, True) for key, app in self.streams.items()]
        functions = {key: self._function(runtime, key, handler) for key, handler in self.socket.items()}
        sockets = WebSocketApi(SocketApi("ws", "type", functions), runtime, self.limits)
        return Gateway(
            http=HttpApi(Routes(routes), runtime, self.cors, self.limits),
            sockets=sockets,
            connections=ConnectionsApi(sockets, Credential(ACCESS_KEY), self.limits),
            page=Page(self.page, self.page_headers),
            chain=RpcProxy(self.chain_url),
            metrics=Metrics(None),
        )

    def _route(self, runtime: LambdaRuntime, key: str, handler: Any, streams: bool) -> HttpRoute:
        method, path = key.split()
        return HttpRoute(method, path, self._function(runtime, key, handler), streams)

    def _function(self, runtime: LambdaRuntime, name: str, handler: Any) -> Function:
        function = Function(name, name, self.timeout, {})
        runtime.register(function, handler)
        return function


@dataclass(frozen=True)
class Running:
    address: str
    sockets: WebSocketApi

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def ws_url(self) -> str:
        return f"ws://{self.address}/ws"

    def connection_url(self, connection_id: str) -> str:
        return f"{self.url}/_aws/ws/@connections/{connection_id.replace('=', '%3D')}"


SIGNED = {
    "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20261122/us-east-1/execute-api/aws4_request"
}


@pytest.fixture
def application(tmp_path: Path) -> Application:
    return Application(page=tmp_path)

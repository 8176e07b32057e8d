"""The only server in front of everything, as CloudFront and API Gateway are in the cloud."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from local_dev.aws.credential import Credential
from local_dev.aws.lambda_runtime import LambdaRuntime
from local_dev.gateway.connections_api import PREFIX, ConnectionsApi
from local_dev.gateway.http_api import HttpApi
from local_dev.gateway.page import Page
from local_dev.gateway.routing import Routes
from local_dev.gateway.rpc_proxy import RPC_PATH, RpcProxy
from local_dev.gateway.websocket_api import WebSocketApi
from local_dev.gateway.websocket_frames import gateway_protocol
from local_dev.http_server.asgi import until_stopped
from local_dev.http_server.http_protocol import QuickPost, http_protocol
from local_dev.http_server.limits import SOCKET_PATH, Limits
from local_dev.login.variables import ISSUER_PATH
from local_dev.metrics import METRICS_PATH, Metrics
from local_dev.template.intrinsics import TemplateError
from local_dev.template.wiring import Wiring

if TYPE_CHECKING:
    from local_dev.login.issuer import LoginIssuer


@dataclass(frozen=True, slots=True)
class Gateway:
    """Passes each request to the part that answers it."""

    http: HttpApi
    """The HTTP API with its functions."""
    sockets: WebSocketApi
    """The WebSocket API with its functions."""
    connections: ConnectionsApi
    """The `@connections` API, through which frames are posted."""
    page: Page
    """The files of the page."""
    chain: RpcProxy
    """The local Ethereum node as a page may use it."""
    metrics: Metrics
    """The counts of functions and workers."""
    issuer: LoginIssuer | None = None
    """The development issuer; None unless `AUTH_ISSUER=dev`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["raw_path"].startswith(PREFIX.encode()):
            await self.connections.handle(scope, receive, send)
        elif self.issuer and scope["path"].startswith(f"{ISSUER_PATH}/"):
            await self.issuer.handle(scope, receive, send)
        elif scope["path"] == RPC_PATH:
            await self.chain.handle(scope, receive, send)
        elif scope["path"] == METRICS_PATH:
            await self.metrics.handle(scope, send)
        elif not await self.http.handle(scope, receive, send):
            await self.page.handle(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == SOCKET_PATH:
            await self.sockets.handle(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 1000})


def build_gateway(
    wiring: Wiring,
    runtime: LambdaRuntime,
    page: Path,
    credential: Credential,
    limits: Limits,
    chain_url: str | None = None,
    issuer: LoginIssuer | None = None,
    logs: Path | None = None,
) -> Gateway:
    """Build the gateway that the template describes; requests to `@connections` are signed with `credential`."""
    if (api := wiring.socket_api()) is None:
        raise TemplateError("template.yaml has no WebSocket API")
    sockets = WebSocketApi(api, runtime, limits)
    return Gateway(
        http=HttpApi(Routes(wiring.http_routes()), runtime, wiring.cors(), limits),
        sockets=sockets,
        connections=ConnectionsApi(sockets, credential, limits),
        page=Page(page, wiring.page_headers(), page_config(wiring, has_node=chain_url is not None)),
        chain=RpcProxy(chain_url),
        metrics=Metrics(logs),
        issuer=issuer,
    )


def page_config(wiring: Wiring, *, has_node: bool) -> str:
    """Return the page's configuration, and whether the page may call the local chain, which no deployment has."""
    told: dict[str, object] = json.loads(wiring.page_config())
    return json.dumps(told | {"local_node": True} if has_node else told)


STREAM_END_SECONDS = 2
"""An idle stream checks every second whether its client is still connected."""


class Server(uvicorn.Server):
    """A uvicorn server without its own signal handlers; the composition root stops it."""

    def __init__(
        self, gateway: ASGIApp, listener: socket.socket, limits: Limits, frames: QuickPost | None = None
    ) -> None:
        """`frames` gets posts to `@connections` before `gateway` does, which takes several times as long for them."""
        self._listener = listener
        # asyncio sets TCP_NODELAY only for sockets that name their protocol, which accepted sockets do not. Without
        # it the head and the body of each answer are 40 ms apart.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                receive = until_stopped(receive, lambda: self.should_exit)
            await gateway(scope, receive, send)

        super().__init__(
            uvicorn.Config(
                application,
                http=http_protocol(limits, PREFIX, frames),
                ws=gateway_protocol(limits),
                ws_max_size=limits.message,
                ws_ping_interval=None,
                ws_per_message_deflate=False,
                lifespan="off",
                access_log=False,
                log_level="warning",
                server_header=False,
                date_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=STREAM_END_SECONDS,
            )
        )

    async def run_until_stopped(self) -> None:
        await self._serve([self._listener])

"""The fake server with the page's files, a scripted agent, wallet requests, and the way to a test chain."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientSession, web

from tests.fake_server.server import FakeServer
from tests.fake_server.session import SimulatedSession
from tests.frontend.page_files import PageFiles
from tests.frontend.script import Script
from tests.frontend.wallet_requests import WalletRequests


class PageServer(FakeServer):
    def __init__(self) -> None:
        self._files = PageFiles(lambda: self.page_config)
        super().__init__()

    def begin(self) -> None:
        super().begin()
        self.wallet = WalletRequests()
        self.api.claim, self.api.bind = self.wallet.claim, self.wallet.bind
        self.api.agent = self._script = Script(self.wallet)
        self.replies = self._script.replies
        self.page_config = '{"local_node": true}'
        self.other_page = ""
        self.chain_url = ""
        self.chain_calls = 0

    def routes(self) -> list[web.AbstractRouteDef]:
        other = [web.get("/other-page", self._other_page), web.post("/rpc/testnet", self._rpc)]
        return [*super().routes(), *other, *self._files.routes()]

    @property
    def url(self) -> str:
        return f"{self.base_url}/"

    @property
    def the_session(self) -> SimulatedSession:
        """The first one that a client has asked for."""
        return next(iter(self.sessions.values()))

    def go_on(self) -> None:
        """End every `Wait`, also those to come."""
        self._script.gate.set()

    @property
    def system_messages(self) -> list[dict[str, Any]]:
        """What clients reported of wallets, and what the person allowed."""
        return [each.body for each in self.api.asked("/api/system")]

    async def _rpc(self, request: web.Request) -> web.Response:
        if not self.chain_url:
            raise web.HTTPNotFound
        self.chain_calls += 1
        async with (
            ClientSession() as node,
            node.post(self.chain_url, json=await request.json()) as answer,
        ):
            return web.json_response(await answer.json())

    async def _other_page(self, _request: web.Request) -> web.Response:
        return web.Response(text=self.other_page, content_type="text/html")

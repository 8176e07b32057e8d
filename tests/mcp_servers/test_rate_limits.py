"""Nodes and web services that count the requests of each second, and do not say when they answer again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from tests.mcp_servers.test_rpc import failure, result, serving
from worker.ethereum.rpc import Pacing, RpcClient
from worker.mcp_servers.web.egress import Egress
from worker.mcp_servers.web.http_client import ApiClient, ApiPacing

SECOND = 0.05
"""The length of the second that the services below count."""


class Limited:
    """A service that refuses everything within a second of the first request."""

    def __init__(self, refusal: Any, status: int) -> None:
        self._refusal, self._status = refusal, status
        self._again_at: float | None = None

    async def answer(self, _request: web.Request) -> web.Response:
        now = asyncio.get_running_loop().time()
        self._again_at = self._again_at or now + SECOND
        if now < self._again_at:
            return web.json_response(self._refusal, status=self._status)
        return web.json_response(result("0x1"))


@pytest.mark.parametrize(
    ("refusal", "status"),
    [("slow down", 429), (failure(-32005, "limit exceeded"), 200), (failure(-32005, "limit exceeded"), 429)],
)
async def test_a_read_waits_until_the_node_counts_anew(refusal: Any, status: int) -> None:
    async with serving(Limited(refusal, status).answer) as url:
        client = RpcClient("mainnet", url, Pacing(first_pause=0, limited_pause=SECOND))
        assert await client.read("eth_chainId") == "0x1"
        await client.close()


@pytest.mark.parametrize(("refusal", "status"), [({}, 429), ({"result": "Max calls per sec"}, 200)])
async def test_a_question_waits_until_the_api_counts_anew(refusal: Any, status: int) -> None:
    pacing = ApiPacing(first_pause=0, limited_pause=SECOND)
    async with serving(Limited(refusal, status).answer) as url:
        client = ApiClient("Example", url, Egress(allow_private=True), pacing=pacing)
        assert await client.get("", {}, is_busy=lambda content: content == refusal) == result("0x1")
        await client.close()

"""The page's access to the local Ethereum node, for its chain panel and its development wallet.

The cloud has nothing like it, so the page offers neither there.
"""

from __future__ import annotations

import asyncio
import importlib
import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from forge.api.entry.origin_check import HOST_HEADER
from local_dev.gateway.rpc_calls import Call, NodeUnusable, NotACall, NotAllowed, read_calls
from local_dev.http_server.answer import Answer
from local_dev.http_server.asgi import BodyTooLarge, joined_headers, read_body, respond

if TYPE_CHECKING:
    from local_dev.gateway.local_node import LocalNode

RPC_PATH = "/rpc/testnet"
LARGEST_BODY = 256 * 1024
LARGEST_ANSWER = 4 * 1024 * 1024
TIMEOUT_SECONDS = 10.0
_JSON = [("content-type", "application/json")]


class RpcProxy:
    def __init__(self, url: str | None) -> None:
        """`url` of a node on this computer. No other node is called, because it may cost money or have a key in
        its URL.
        """
        self._url = url if url and _is_here(urlsplit(url).hostname or "") else None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(scope, send, await self._answer(scope, receive))

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        if self._url is None or scope["method"] != "POST":
            return Answer.message(404, "Not Found")
        headers = joined_headers(scope)
        if not _is_own_page(headers):
            return Answer.message(403, "Only the page of this server may ask")
        if headers.get("content-type", "").split(";")[0].strip() != "application/json":
            return Answer.message(415, "Unsupported Media Type")
        try:
            calls = read_calls(await read_body(receive, LARGEST_BODY))
            return await self._pass_on(self._url, calls)
        except BodyTooLarge:
            return Answer.message(413, "Request Entity Too Large")
        except NotACall:
            return Answer.message(400, "The body is no call that this path knows")
        except NotAllowed:
            return Answer.message(403, "Method not allowed on this path")
        except NodeUnusable as error:
            return Answer.message(502, str(error))

    async def _pass_on(self, url: str, calls: Call | list[Call]) -> Answer:
        senders = {each.sender for each in (calls if isinstance(calls, list) else [calls])} - {None}
        async with await self._node(url) as node:
            if senders and not senders <= await node.unlocked():
                return Answer.message(403, "The node signs for its own accounts only")
            status, body = await node.ask(calls)
        return Answer(status, body, _JSON)

    async def _node(self, url: str) -> LocalNode:
        """Import the HTTP client with the first call, in a thread: only a page with a local wallet calls."""
        module = await asyncio.to_thread(importlib.import_module, "local_dev.gateway.local_node")
        return module.LocalNode(url, TIMEOUT_SECONDS, LARGEST_ANSWER)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_own_page(headers: Mapping[str, str]) -> bool:
    """Programs send no Origin. Even a page that CORS_ORIGINS allows may not spend from the test accounts."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get(HOST_HEADER, headers.get("host"))

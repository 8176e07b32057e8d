"""The page's way to the local Ethereum node: its chain panel and its development wallet.

There is nothing like it in the cloud, where the page therefore offers neither.
"""

from __future__ import annotations

import json
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
from starlette.types import Receive, Scope, Send

from local_dev.asgi import BodyTooLarge, read_body, respond
from local_dev.http_event import Answer, joined_headers

RPC_PATH = "/rpc/testnet"
METHODS = frozenset(
    {
        "eth_accounts",
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_estimateGas",
        "eth_gasPrice",
        "eth_getBalance",
        "eth_getBlockByNumber",
        "eth_getCode",
        "eth_getTransactionByHash",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
        "eth_sendTransaction",
        "net_version",
    }
)
"""What a wallet and a block list need: nothing that changes the node itself (`anvil_*`, `evm_*`)."""
LARGEST_BODY = 256 * 1024
MOST_CALLS = 100
_JSON = [("content-type", "application/json")]
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class RpcProxy:
    def __init__(self, url: str | None, timeout: float = 10.0) -> None:
        """`url` of a node on this computer; any other (it may cost money, or have a key in it) is not passed on to."""
        self._url = url if url and urlsplit(url).hostname in _LOOPBACK else None
        self._timeout = aiohttp.ClientTimeout(total=timeout)

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
            calls = json.loads(await read_body(receive, LARGEST_BODY))
        except BodyTooLarge:
            return Answer.message(413, "Request Entity Too Large")
        except ValueError:
            return Answer.message(400, "Bad Request")
        if not _are_allowed(calls):
            return Answer.message(403, "Method not allowed on this path")
        return await self._pass_on(self._url, calls)

    async def _pass_on(self, url: str, calls: Any) -> Answer:
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(url, json=calls) as response,
            ):
                return Answer(response.status, await response.read(), _JSON)
        except (aiohttp.ClientError, TimeoutError):
            return Answer.message(502, "The local node does not answer")


def _is_own_page(headers: dict[str, str]) -> bool:
    """Programs send no Origin; a page of another site does, and may not spend from the test accounts."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _are_allowed(calls: Any) -> bool:
    batch = cast("list[Any]", calls) if isinstance(calls, list) else [calls]
    return 0 < len(batch) <= MOST_CALLS and all(_method(call) in METHODS for call in batch)


def _method(call: Any) -> Any:
    return cast("dict[str, Any]", call).get("method") if isinstance(call, dict) else None

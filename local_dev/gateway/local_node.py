"""Calls of the local Ethereum node, for the page."""

from __future__ import annotations

import json
from typing import Any, Self

import aiohttp

from local_dev.gateway.rpc_calls import Call, NodeUnusable, written

_ACCOUNTS = Call(jsonrpc="2.0", id=1, method="eth_accounts")


class LocalNode:
    """`timeout`: seconds of one call; `largest_answer`: bytes. Raises `NodeUnusable`."""

    def __init__(self, url: str, timeout: float, largest_answer: int) -> None:
        self._url, self._largest_answer = url, largest_answer
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def unlocked(self) -> set[str | None]:
        """Return the accounts, in lower case, for which the node itself signs."""
        _, body = await self.ask(_ACCOUNTS)
        try:
            accounts: list[Any] = json.loads(body)["result"]
            return {str(account).lower() for account in accounts}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise NodeUnusable("The local node does not tell its accounts") from error

    async def ask(self, calls: Call | list[Call]) -> tuple[int, bytes]:
        try:
            async with self._session.post(
                self._url, data=written(calls), headers={"content-type": "application/json"}
            ) as response:
                body = bytearray()
                async for chunk in response.content.iter_chunked(65536):
                    body += chunk
                    if len(body) > self._largest_answer:
                        raise NodeUnusable("The local node's answer is too large")
                return response.status, bytes(body)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NodeUnusable("The local node does not answer") from error

"""The state of the test chain itself, read without the tested code."""

from __future__ import annotations

from typing import Any

import httpx

from tests.patience import PATIENCE_SECONDS


async def balance_of(rpc_url: str, address: str) -> int:
    """In wei."""
    return int(await rpc(rpc_url, "eth_getBalance", address, "latest"), 16)


async def send(rpc_url: str, transaction: dict[str, str]) -> str:
    """Signed and sent by the node for one of its own accounts. The transaction's hash."""
    return await rpc(rpc_url, "eth_sendTransaction", transaction)


async def rpc(rpc_url: str, method: str, *params: Any) -> Any:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client:
        answer = await client.post(rpc_url, json=request)
    return answer.json()["result"]

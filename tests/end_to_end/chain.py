"""What the test chain itself says, past everything that is tested."""

from __future__ import annotations

import httpx


async def balance_of(rpc_url: str, address: str) -> int:
    """In wei."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBalance", "params": [address, "latest"]}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(rpc_url, json=request)
    return int(answer.json()["result"], 16)

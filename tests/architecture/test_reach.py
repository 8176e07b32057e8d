"""What no caller can request: a tool of ours that calls any address, and a signature whose text differs from its
effect.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from bench.largest_arguments import NODE
from worker.mcp_servers.own_servers import mount

ROOT = Path(__file__).parents[2]
GOES_SOMEWHERE = re.compile(r"ur[il]|href|host|endpoint|webhook|callback|proxy|server|domain", re.IGNORECASE)
METHOD = re.compile(r"""["'`]((?:eth|wallet|personal|account)_\w+)["'`]""")
ASKED_OF_WALLETS = {
    "eth_accounts",
    "eth_blockNumber",
    "eth_chainId",
    "eth_getBalance",
    "eth_getBlockByNumber",
    "eth_getTransactionReceipt",
    "eth_requestAccounts",
    "eth_sendTransaction",
    "wallet_addEthereumChain",
    "wallet_switchEthereumChain",
}
"""No `eth_sign`, no `personal_sign`, no typed data, no `wallet_sendCalls`: a card shows a transaction."""


def properties(schema: Any) -> Iterator[tuple[str, Any]]:
    """Each property of a JSON schema, whatever is around it."""
    if isinstance(schema, list):
        for each in cast("list[Any]", schema):
            yield from properties(each)
    elif isinstance(schema, dict):
        known = cast("dict[str, Any]", schema)
        yield from known.get("properties", {}).items()
        for each in known.values():
            yield from properties(each)


def test_no_tool_of_ours_goes_to_an_address_that_it_is_told() -> None:
    async def schemas() -> dict[str, Any]:
        listed = [tool for _, server in mount(NODE) for tool in await server.list_tools()]
        return {tool.name: tool.parameters for tool in listed}

    found = asyncio.run(schemas())
    assert {"send", "brave_search"} <= set(found)
    telling = [
        (tool, name)
        for tool, schema in found.items()
        for name, field in properties(schema)
        if GOES_SOMEWHERE.search(name) or str(field.get("format", "")).startswith("ur")
    ]
    assert telling == []


def test_the_page_asks_a_wallet_for_transactions_and_never_for_a_signature() -> None:
    sources = [*(ROOT / "frontend").rglob("*.js")]
    asked = {method for source in sources for method in METHOD.findall(source.read_text())}
    assert asked == ASKED_OF_WALLETS

"""A small MCP server whose effects can be counted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError


@dataclass
class Bank:
    """`transfers` are the effects; a transfer of 999 waits until `may_end`. `parents`: the `traceparent` of each."""

    transfers: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    reads: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    calls: list[str] = field(default_factory=list[str])
    parents: list[str] = field(default_factory=list[str])
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    def server(self) -> FastMCP[Any]:
        server: FastMCP[Any] = FastMCP("bank")

        @server.tool(annotations={"readOnlyHint": True})
        async def balance(who: str, network: str = "testnet") -> dict[str, Any]:
            self.reads.append((who, network))
            return {"who": who, "wei": "7", "network": network}

        @server.tool(annotations={"destructiveHint": True})
        async def transfer(
            to: str, amount: int, context: Context, network: str = "testnet"
        ) -> dict[str, Any]:
            meta = context.request_context.meta if context.request_context else None
            self.calls.append(str(dict(meta or {}).get("forge/call")))
            self.parents.append(str(dict(meta or {}).get("traceparent", "")))
            self.transfers.append((to, amount))
            self.has_begun.set()
            if amount == 999:
                await self.may_end.wait()
            return {"to": to, "amount": amount, "network": network}

        @server.tool(annotations={"readOnlyHint": True})
        async def refuse(why: str) -> str:
            raise ToolError(f"refused: {why}")

        @server.tool(annotations={"readOnlyHint": True})
        async def long(size: int) -> str:
            return "é" * size

        return server

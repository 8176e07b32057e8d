"""Strangers for the evaluation: a page that the agent reads, and a third-party server whose tools have effects."""

from __future__ import annotations

from typing import Annotated, Any

from fastmcp import FastMCP
from pydantic import Field

from worker.mcp_servers.server_base import READS, OwnServer, new_server


def pages(text: str) -> OwnServer:
    """Like our web search, this tool is open-world."""
    server = new_server("pages", "Reads web pages.")

    @server.tool(annotations=READS)
    async def read_page(url: Annotated[str, Field(max_length=300)]) -> dict[str, str]:
        """Read a web page."""
        return {"url": url, "text": text}

    return server


class Shop:
    """A server of `mcp.json`, in memory. Its effects are in `orders`."""

    def __init__(self, text: str) -> None:
        self.orders: list[str] = []
        self._server: FastMCP[Any] = FastMCP("shop")

        @self._server.tool
        async def shop_offers() -> str:
            """What the shop sells."""
            return text

        @self._server.tool
        async def shop_order(thing: str) -> str:
            """Order and pay."""
            self.orders.append(thing)
            return f"Ordered: {thing}"

    async def refresh(self) -> None:
        """The server's tools never change."""

    def mounted(self) -> list[tuple[str, FastMCP[Any]]]:
        return [("shop", self._server)]

    def notices(self) -> list[str]:
        return []

    async def close(self) -> None:
        """The server has nothing open."""

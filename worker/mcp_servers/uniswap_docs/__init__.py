"""The `uniswap_docs` MCP server: searches a folder of Markdown pages about Uniswap."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastmcp import FastMCP
from pydantic import BaseModel, Field

from worker.mcp_servers.server_base import PURE, new_server
from worker.mcp_servers.uniswap_docs.index import Section, build_index
from worker.untrusted_text import from_outside

OWN_DOCUMENTS = Path(__file__).parent / "documents"
INSTRUCTIONS = """Explains Uniswap v2, v3 and v4: pools, prices, fees, liquidity, hooks, swaps and safety."""


class DocumentResults(BaseModel):
    """The sections that were found, best match first."""

    query: str
    """The words that were searched for."""
    results: list[Section]
    """The sections, best match first."""


def build(environment: Mapping[str, str]) -> FastMCP[Any]:
    folder = Path(environment.get("UNISWAP_DOCS_FOLDER", "").strip() or OWN_DOCUMENTS)
    index = cache(lambda: build_index(folder))
    server = new_server("uniswap_docs", INSTRUCTIONS)

    @server.tool(annotations=PURE, run_in_thread=False)
    def search_uniswap_docs(
        query: Annotated[str, Field(min_length=1, max_length=500, description="Words to look for.")],
        limit: Annotated[int, Field(ge=1, le=20, description="How many sections at most.")] = 5,
    ) -> DocumentResults:
        """Search the Uniswap documents: whole sections, the best match first."""
        found = index().search(query, limit)
        if found and folder != OWN_DOCUMENTS:
            from_outside("pages that did not come with this program")
        return DocumentResults(query=query, results=found)

    return server

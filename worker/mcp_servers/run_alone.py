"""Runs one server on its own: stdio for desktop clients, streamable HTTP for everything else."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from typing import Any

from fastmcp import FastMCP

Build = Callable[[Mapping[str, str]], FastMCP[Any]]


def run_alone(build: Build) -> None:
    """Over stdio only the protocol may write to stdout; over HTTP the endpoint is `/mcp`."""
    parser = argparse.ArgumentParser(description="Runs this MCP server by itself, over stdio by default.")
    parser.add_argument("--http", action="store_true", help="serve streamable HTTP at /mcp instead of stdio")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
    options = parser.parse_args()
    server = build(os.environ)
    if options.http:
        # On loopback, a foreign Host or Origin is refused, so that no web page can use the tools by DNS rebinding.
        server.run(
            transport="http",
            host=options.host,
            port=options.port,
            host_origin_protection="auto",
            show_banner=False,
            log_level="warning",
        )
    else:
        server.run(transport="stdio", show_banner=False, log_level="warning")

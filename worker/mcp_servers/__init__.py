"""The MCP servers that come with forge-mcp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastmcp import FastMCP

from forge.models.session import NetworkInfo
from worker.ethereum.known_networks import configured_networks
from worker.mcp_servers import brave_search, etherscan, evm, uniswap_docs, zerox


def mount(environment: Mapping[str, str]) -> list[tuple[str, FastMCP[Any]]]:
    """All servers by name, to be used in this process. Nothing connects before a tool is called."""
    servers = (evm, etherscan, brave_search, zerox, uniswap_docs)
    built = (server.build(environment) for server in servers)
    return [(server.name, server) for server in built]


def networks(environment: Mapping[str, str]) -> list[NetworkInfo]:
    """The configured networks as they ought to be; the test network's real chain id only its node knows."""
    return [network.info for network in configured_networks(environment).values()]

"""The list of the MCP servers that come with forge-mcp, and the networks that they know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastmcp import FastMCP

from forge.models.session import NetworkInfo
from worker.ethereum.known_networks import configured_networks
from worker.mcp_servers import brave_search, etherscan, evm, uniswap_docs, zerox


def mount(environment: Mapping[str, str]) -> list[tuple[str, FastMCP[Any]]]:
    """Return all servers by name, for use in this process. They connect only when a tool is called."""
    servers = (evm, etherscan, brave_search, zerox, uniswap_docs)
    built = (server.build(environment) for server in servers)
    return [(server.name, server) for server in built]


def networks(environment: Mapping[str, str]) -> list[NetworkInfo]:
    """Return the configured networks with their expected chain ids; only the test network's node knows its real one."""
    return [network.info for network in configured_networks(environment).values()]

"""The metadata of a tool, which no LLM provider gets: its networks, what it lacks, whether it asks the person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic_ai.tools import ToolDefinition

from worker.mcp_servers.server_base import LACKS_META, NETWORKS_META

HERE = "here"
"""The metadata key of `set_network` under which `Here` is stored."""
ASKS_ITSELF = "asks_itself"
"""The field of a tool's metadata that marks a tool which asks the person itself. No MCP server can write it."""


@dataclass(frozen=True, slots=True)
class Here:
    """What a run's tools can reach."""

    network: str
    """The name of the session's network."""
    sends: bool
    """True if the agent itself may send on that network."""
    others: tuple[str, ...]
    """The names of the other networks to which the session can switch."""


def here(tools: Iterable[ToolDefinition]) -> Here | None:
    found = ((tool.metadata or {}).get(HERE) for tool in tools)
    return next((each for each in found if isinstance(each, Here)), None)


def lacks(tool: ToolDefinition) -> str | None:
    """The variable that the operator must set for this tool to work."""
    variable = _meta(tool).get(LACKS_META)
    return variable if isinstance(variable, str) else None


def knows(tool: ToolDefinition, network: str) -> bool:
    """Return whether the tool works on this network. A tool that names no networks works on all."""
    names = _meta(tool).get(NETWORKS_META)
    return not isinstance(names, list) or network in names


def only_reads(tool: ToolDefinition) -> bool:
    return declared_effects(tool).get("readOnlyHint") is True


def may_repeat(tool: ToolDefinition) -> bool:
    """A call has side effects unless the tool's annotation says otherwise."""
    return only_reads(tool) or declared_effects(tool).get("idempotentHint") is True


def declared_effects(tool: ToolDefinition) -> Mapping[str, Any]:
    """Return what the MCP server says of its tool's effects (`readOnlyHint` and so on)."""
    return (tool.metadata or {}).get("annotations") or {}


def _meta(tool: ToolDefinition) -> Mapping[str, Any]:
    """Return what the MCP server declares about its tool (`_meta`)."""
    meta = (tool.metadata or {}).get("meta")
    return cast("Mapping[str, Any]", meta) if isinstance(meta, dict) else {}

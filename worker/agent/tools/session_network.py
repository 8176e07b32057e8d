"""What the agent's tools get in addition to the LLM's arguments: the session's network, and a way to change it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pydantic_ai import RunContext, Tool
from pydantic_ai.mcp import CallToolFunc, ToolResult
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import FunctionToolset, ToolsetTool, WrapperToolset

from worker.agent.deps import RunDeps
from worker.agent.tool_effects import HERE, Here
from worker.agent.tools.call_ledger import call_key
from worker.tool_outcomes import ToolRefused

NETWORK = "network"


def has_network(schema: dict[str, Any]) -> bool:
    return NETWORK in schema.get("properties", {})


def without_network(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a tool's parameters as the LLM sees it."""
    if not has_network(schema):
        return schema
    properties = {name: value for name, value in schema["properties"].items() if name != NETWORK}
    required = [name for name in schema.get("required", []) if name != NETWORK]
    return {**schema, "properties": properties, "required": required}


def on_network(arguments: dict[str, Any], network: str) -> dict[str, Any]:
    """Return the arguments with the session's network. Raises `ToolRefused` if the call names another network."""
    if (meant := arguments.get(NETWORK)) not in (None, network):
        raise ToolRefused(
            f"This conversation uses {network}, not {meant}.", "Switch to it with set_network first."
        )
    return {**arguments, NETWORK: network}


@dataclass
class SessionNetwork(WrapperToolset[RunDeps]):
    """Fills the `network` of chain tools with the session's network; the LLM neither sees nor chooses it."""

    async def get_tools(self, ctx: RunContext[RunDeps]) -> dict[str, ToolsetTool[RunDeps]]:
        tools = await super().get_tools(ctx)
        return {name: replace(tool, tool_def=_hidden(tool.tool_def)) for name, tool in tools.items()}

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[RunDeps], tool: ToolsetTool[RunDeps]
    ) -> Any:
        if (tool.tool_def.metadata or {}).get(NETWORK):
            tool_args = on_network(tool_args, ctx.deps.network)
        return await super().call_tool(name, tool_args, ctx, tool)


def _hidden(tool: ToolDefinition) -> ToolDefinition:
    if not has_network(tool.parameters_json_schema):
        return tool
    return replace(
        tool,
        parameters_json_schema=without_network(tool.parameters_json_schema),
        metadata={**(tool.metadata or {}), NETWORK: True},
    )


async def name_the_call(
    ctx: RunContext[RunDeps], call_tool: CallToolFunc, name: str, arguments: dict[str, Any]
) -> ToolResult:
    """Pass the ledger's key on, so that a server can recognise a call that reaches it twice."""
    return await call_tool(name, arguments, metadata={"forge/call": f"{ctx.deps.run_id}:{call_key(ctx)}"})


async def set_network(ctx: RunContext[RunDeps], network: str) -> str:
    """Switch this conversation to another network. All following tool calls use it. Ask the user before you switch.

    Args:
        network: The network's name, as `list_networks` shows it.
    """
    names = [known.name for known in ctx.deps.networks]
    if network not in names:
        raise ToolRefused(f"There is no network {network!r} here. Available: {', '.join(names) or 'none'}.")
    await ctx.deps.record.set_network(network)
    ctx.deps.network = network
    return f"This conversation now uses {network}."


def own_tools() -> FunctionToolset[RunDeps]:
    """The tools that need the run itself; all others belong to MCP servers. A change of the network changes what
    later calls mean.
    """
    hints = {"readOnlyHint": False, "idempotentHint": True, "destructiveHint": False, "openWorldHint": False}
    tool = Tool(set_network, metadata={"annotations": hints}, sequential=True, prepare=_with_here)
    return FunctionToolset([tool], id="forge")


async def _with_here(ctx: RunContext[RunDeps], tool: ToolDefinition) -> ToolDefinition:
    known = {info.name: info.sends for info in ctx.deps.networks}
    others = tuple(name for name in known if name != ctx.deps.network)
    surroundings = Here(ctx.deps.network, known.get(ctx.deps.network, False), others)
    return replace(tool, metadata={**(tool.metadata or {}), HERE: surroundings})


OWN_TOOLS = frozenset({"set_network"})

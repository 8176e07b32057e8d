"""The MCP servers' tools, connected once for the whole process. If a server is down, only its own tools are missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from pydantic_ai import RunContext
from pydantic_ai.toolsets import AbstractToolset, CombinedToolset, ToolsetTool, WrapperToolset

from forge.models.counted_words import counted
from forge.models.run import CommandResult, ToolCommand
from forge.models.session import NetworkInfo, ToolInfo
from worker.agent.deps import RunDeps
from worker.agent.llm.provider_limits import NONE, ProviderLimits
from worker.agent.operator_limits import Policy, PolicyToolset
from worker.agent.tools.ask_permission import AskFirst, Heard
from worker.agent.tools.call_ledger import CallLedger
from worker.agent.tools.missing_tools import MissingTools
from worker.agent.tools.mounted_server import Server, ServerSource, is_read_only
from worker.agent.tools.session_network import OWN_TOOLS, own_tools
from worker.agent.wallet import TOOL_NAME, Wallet, wallet_tools

logger = logging.getLogger(__name__)

_CALL_SECONDS = 20.0


class ForeignServers(Protocol):
    """Servers that the operator has added (`mcp.json`). Their tools may appear and disappear."""

    async def refresh(self) -> None: ...

    def mounted(self) -> list[tuple[str, FastMCP[Any]]]: ...

    def notices(self) -> list[str]: ...

    async def close(self) -> None: ...


@dataclass
class Offer(WrapperToolset[RunDeps]):
    """The tools that all runs are offered until they change. They are assembled once, because a run's first token waits
    for them.

    The servers stay connected for the whole process, so a run neither enters nor leaves them.
    """

    policy: Policy
    """Tools that it does not allow on the session's network are not offered."""
    most: int | None = None
    """The maximum number of tools that the provider accepts; None without a known limit."""
    tools: dict[str, ToolsetTool[RunDeps]] | None = None
    """The assembled tools by name; None before the first run asks for them."""
    missing: CallLedger = field(default_factory=lambda: CallLedger(MissingTools()))
    """Tools that answer calls to tools which only another worker offers."""

    async def get_tools(self, ctx: RunContext[RunDeps]) -> dict[str, ToolsetTool[RunDeps]]:
        if self.tools is None:
            self.tools = await self.wrapped.get_tools(ctx)
        network = ctx.deps.network
        offered = {name: tool for name, tool in self.tools.items() if self.policy.allows(name, network)}
        missing = await self.missing.get_tools(ctx) if ctx.deps.missing else {}
        return dict(list((missing | offered).items())[: self.most])

    async def get_instructions(self, ctx: RunContext[RunDeps]) -> None:
        """Servers add no instructions to the prompt, so none is asked for them; the library would start a task for
        each.
        """

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[RunDeps], tool: ToolsetTool[RunDeps]
    ) -> Any:
        toolset = self.wrapped if name in (self.tools or {}) else self.missing
        return await toolset.call_tool(name, tool_args, ctx, tool)

    async def for_run(self, ctx: RunContext[RunDeps]) -> AbstractToolset[RunDeps]:
        return self

    async def for_run_step(self, ctx: RunContext[RunDeps]) -> AbstractToolset[RunDeps]:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: Any) -> bool | None:
        return None


class Toolbox:
    def __init__(
        self,
        servers: Sequence[tuple[str, ServerSource]],
        networks: Sequence[NetworkInfo] = (),
        foreign: ForeignServers | None = None,
        wallet: Wallet | None = None,
        policy: Policy | None = None,
        limits: ProviderLimits = NONE,
    ) -> None:
        self.networks = networks
        self.wallet = wallet
        self.policy = policy or Policy()
        self._servers = [Server.of(name, source) for name, source in servers]
        self._foreign = foreign
        self.limits = limits
        self._left_out: list[str] = []
        self._own = [own_tools(), *([Heard(wallet_tools(wallet), notes=True)] if wallet else [])]
        self._stack = AsyncExitStack()
        self.offer = self._new_offer()

    async def refresh(self) -> None:
        """Connect the servers that are not connected yet, and read what all of them offer now."""
        if self._foreign:
            await self._foreign.refresh()
            self._follow(self._foreign.mounted())
        before = [server.tools for server in self._servers]
        taken, left_out = {*OWN_TOOLS, TOOL_NAME}, list[str]()
        for server in self._servers:
            if server.is_external or not server.is_connected:
                left_out += await server.list_tools(self._stack, frozenset(taken))
            if server.is_external:
                left_out += server.fit(self.limits, self._room(taken))
            taken |= server.tools.keys()
        self._report(left_out)
        if before != [server.tools for server in self._servers]:
            self.offer = self._new_offer()

    async def close(self) -> None:
        await self._stack.aclose()
        if self.wallet:
            await self.wallet.chains.close()
        if self._foreign:
            await self._foreign.close()

    @property
    def notices(self) -> list[str]:
        down = [server.name for server in self._servers if not server.is_connected]
        own = [f"The tools of the MCP server “{name}” are missing: it cannot be reached." for name in down]
        if self._left_out:
            own.append(
                f"Not offered: {counted(len(self._left_out), 'tool')} of external servers, because of a form that the "
                "LLM's provider would not take, or of a name that another tool has. Whoever runs this deployment finds "
                "which and why in the worker's log (`allowedTools` chooses)."
            )
        if unknown := sorted(self.lacks(self.policy.denied_tools)):
            own.append(
                f"POLICY_DENIED_TOOLS forbids {', '.join(unknown)}, but no server here has a tool of this name: "
                "look at the spelling."
            )
        return own + (self._foreign.notices() if self._foreign else [])

    def lacks(self, names: Iterable[str]) -> frozenset[str]:
        """Return the tools that no server here offers. A tool that the policy forbids is not missing."""
        have = {name for server in self._servers for name in server.tools} | OWN_TOOLS
        return frozenset(names) - have - ({TOOL_NAME} if self.wallet else set())

    @property
    def tools(self) -> list[ToolInfo]:
        return [info for server in self._servers for info in server.infos()]

    async def run(self, command: ToolCommand) -> CommandResult:
        """Run a read-only tool outside a conversation."""
        server = next((server for server in self._servers if command.name in server.tools), None)
        if server is None or not is_read_only(server.tools[command.name]):
            return CommandResult(success=False, message=f"There is no read-only tool {command.name!r}.")
        if not self.policy.allows(command.name, command.network):
            message = f"The tool {command.name!r} is not allowed on {command.network} here."
            return CommandResult(success=False, message=message)
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                data = await server.call(command.name, command.arguments, command.network)
        except (ToolError, MCPError) as error:
            return CommandResult(success=False, message=str(error))
        except TimeoutError:
            return CommandResult(success=False, message=f"The tool {command.name!r} took too long.")
        return CommandResult(success=True, message=f"Called {command.name}.", data=data)

    def _room(self, taken: set[str]) -> int | None:
        """Return how many more tools the provider accepts. Our own tools come first, so that they are always
        offered.
        """
        return None if self.limits.tools is None else max(0, self.limits.tools - len(taken))

    def _report(self, left_out: list[str]) -> None:
        for reason in left_out:
            if reason not in self._left_out:
                logger.warning("external tool left out", extra={"cause": reason})
        self._left_out = left_out

    def _follow(self, mounted: Sequence[tuple[str, FastMCP[Any]]]) -> None:
        names = {name for name, _ in mounted}
        known = {server.name for server in self._servers}
        self._servers = [server for server in self._servers if not server.is_external or server.name in names]
        self._servers += [
            Server.of(name, source, is_external=True) for name, source in mounted if name not in known
        ]

    def _new_offer(self) -> Offer:
        """Assemble the layers of a tool call. From the outermost to the innermost:

        1. `Offer` keeps the tools assembled, because a run's first token waits for them.
        2. `AskFirst` is outside the ledger, because a call that waits for a decision has not been started.
        3. `CallLedger` is outside the network's layer, so that it records what the LLM asked for.
        4. `PolicyToolset` is inside the ledger, so that an amount is counted once over all attempts.
        5. `CombinedToolset` finds the tool's server.
        6. `Heard` sees every result first, because whatever follows may depend on text from strangers.
        7. `SessionNetwork` is next to the server, because only there a call has a network.
        8. The server's toolset; of our own servers `InProcess`, which needs no session.
        """
        mounted = [server.offered() for server in self._servers if server.is_connected]
        tools = PolicyToolset(CombinedToolset([*self._own, *mounted]), self.policy)
        return Offer(AskFirst(CallLedger(tools)), self.policy, self.limits.tools)

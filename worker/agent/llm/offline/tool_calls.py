"""The tools that a request offers, and the session's network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_ai.tools import ToolDefinition

from worker.agent.llm.local_model_input import Call
from worker.agent.llm.offline.refusal import Refusal
from worker.agent.tool_effects import here, knows, lacks

SERVERS = {
    "brave_search": "brave_search",
    "get_account_transactions": "etherscan",
    "get_contract_abi": "etherscan",
    "search_uniswap_docs": "uniswap_docs",
    "send_transaction_to_wallet": "wallet",
}
"""The server that offers a tool; all other tools are those of the `evm` server."""

_NETWORK = re.compile(
    r"^\W*(?:current |active )?network\W+([a-z0-9][a-z0-9-]*)", re.IGNORECASE | re.MULTILINE
)


class ToolCalls:
    def __init__(self, tools: Sequence[ToolDefinition], instructions: str = "") -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._instructions = instructions
        self._here = here(tools)

    @property
    def tools(self) -> list[ToolDefinition]:
        return list(self._tools.values())

    @property
    def where(self) -> str:
        """Return ` on testnet` if the instructions name the network; this is used only in sentences."""
        found = _NETWORK.search(self._instructions)
        return f" on {found[1]}" if found else ""

    def has(self, name: str) -> bool:
        return name in self._tools

    @property
    def sends(self) -> bool:
        """Return whether the agent itself may send on the session's network."""
        return self._here is None or self._here.sends

    @property
    def others(self) -> tuple[str, ...]:
        """Return the networks to which the session could switch."""
        return self._here.others if self._here else ()

    @property
    def missing(self) -> list[str]:
        """Return the variables that the operator must set for tools that do not work yet."""
        return sorted({variable for tool in self.tools if (variable := lacks(tool))})

    def works(self, name: str) -> bool:
        """Return whether the tool is offered, has all of its settings, and supports the session's network."""
        tool = self._tools.get(name)
        if tool is None or lacks(tool):
            return False
        return self._here is None or knows(tool, self._here.network)

    def call(self, name: str, arguments: Mapping[str, str] | None = None) -> Call:
        """Return a call of one of our own tools. Raises `Refusal` if it is not offered."""
        if not self.has(name):
            server = SERVERS.get(name, "evm")
            raise Refusal(
                f"I need the tool `{name}` for this, and it is not available: "
                f"the server `{server}` is not connected, or this network does not allow it."
            )
        return Call(name, dict(arguments or {}))

    def raw(self, name: str, arguments: dict[str, Any]) -> Call:
        """Return a call of any tool, of third-party servers too. Raises `Refusal` if it is not offered."""
        if name not in self._tools:
            known = ", ".join(f"`{n}`" for n in self._tools) or "none"
            raise Refusal(f"There is no tool `{name}`. Available: {known}.")
        return Call(name, arguments)

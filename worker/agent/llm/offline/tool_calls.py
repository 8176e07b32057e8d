"""The tools that a request offers, addressed by meaning: the parameters' names are read from the offered schemas."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from pydantic_ai.tools import ToolDefinition

from worker.agent.llm.offline.refusal import Refusal
from worker.agent.llm.run_so_far import Call
from worker.agent.tool_metadata import here, knows, lacks

SERVERS = {
    "brave_search": "brave_search",
    "get_account_transactions": "etherscan",
    "get_contract_abi": "etherscan",
    "search_uniswap_docs": "uniswap_docs",
    "send_transaction_to_wallet": "wallet",
}
"""The server that offers a tool; all other tools are those of the `evm` server."""

PARAMETERS = {
    "sender": ("from", "from_", "from_address", "sender"),
    "recipient": ("to", "to_address", "recipient"),
    "value": ("value", "value_wei", "amount_wei", "amount", "wei"),
    "token": ("token", "token_address", "contract", "contract_address", "erc20"),
    "who": ("who", "account", "holder", "owner", "address"),
    "address": ("address", "contract", "contract_address", "who"),
    "block": ("block", "block_number", "number"),
    "transaction": ("tx_hash", "hash", "transaction_hash", "tx"),
    "network": ("network", "name"),
    "query": ("query", "q", "search", "text"),
    "description": ("description", "summary"),
    "data": ("data", "input"),
}
"""The names that a parameter of this meaning may have, the usual one first."""

_DIGITS = re.compile(r"[0-9]{1,100}")
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
        return self._find(name) is not None

    @property
    def sends(self) -> bool:
        """Return whether the agent itself may send on the session's network."""
        return self._here is None or self._here.sends

    @property
    def others(self) -> tuple[str, ...]:
        """Return the networks to which the session could switch."""
        return self._here.others if self._here else ()

    @property
    def lacking(self) -> list[str]:
        """Return the variables that the operator must set for tools that do not work yet."""
        return sorted({variable for tool in self.tools if (variable := lacks(tool))})

    def works(self, name: str) -> bool:
        """Return whether the tool is offered, has all of its settings, and supports the session's network."""
        tool = self._find(name)
        if tool is None or lacks(tool):
            return False
        return self._here is None or knows(tool, self._here.network)

    def call(self, name: str, **meanings: str | int) -> Call:
        """Return a call of the tool with these arguments, given by meaning. Raises `Refusal` if the tool is not
        offered.
        """
        tool = self._find(name)
        if tool is None:
            server = SERVERS.get(name, "evm")
            raise Refusal(
                f"I need the tool `{name}` for this, and it is not available: "
                f"the server `{server}` is not connected, or this network does not allow it."
            )
        properties = _properties(tool)
        arguments: dict[str, Any] = {}
        for meaning, value in meanings.items():
            names = [n for n in PARAMETERS[meaning] if n not in arguments]
            parameter = next((n for n in names if n in properties), names[0])
            arguments[parameter] = _fitted(value, properties.get(parameter, {}))
        return Call(tool.name, arguments)

    def raw(self, name: str, arguments: dict[str, Any]) -> Call:
        """Return a call of exactly this tool with exactly these arguments."""
        if name not in self._tools:
            known = ", ".join(f"`{n}`" for n in self._tools) or "none"
            raise Refusal(f"There is no tool `{name}`. Available: {known}.")
        return Call(name, arguments)

    def accepts(self, name: str, meaning: str) -> bool:
        tool = self._find(name)
        return tool is not None and any(parameter in _properties(tool) for parameter in PARAMETERS[meaning])

    def _find(self, name: str) -> ToolDefinition | None:
        """Find a tool by its name, with or without its own server's prefix. A tool whose name only ends the same
        is another tool.
        """
        server = SERVERS.get(name, "evm")
        names = (name, *(f"{server}{separator}{name}" for separator in ("_", "__", ".", "-")))
        return next((self._tools[n] for n in names if n in self._tools), None)


def _properties(tool: ToolDefinition) -> dict[str, dict[str, Any]]:
    return cast("dict[str, dict[str, Any]]", tool.parameters_json_schema.get("properties", {}))


def _fitted(value: str | int, schema: dict[str, Any]) -> str | int:
    """Convert whole numbers to the form that the schema wants: digits where a string is allowed, because JSON
    numbers lose precision.
    """
    allowed = _types(schema)
    if isinstance(value, int):
        return value if "integer" in allowed and "string" not in allowed else str(value)
    if _DIGITS.fullmatch(value) and "integer" in allowed and "string" not in allowed:
        return int(value)
    return value


def _types(schema: dict[str, Any]) -> set[str]:
    options = cast("list[dict[str, Any]]", schema.get("anyOf", schema.get("oneOf", [schema])))
    found: set[str] = set()
    for option in options:
        kind: object = option.get("type", ())
        found.update([kind] if isinstance(kind, str) else cast("Sequence[str]", kind))
    return found

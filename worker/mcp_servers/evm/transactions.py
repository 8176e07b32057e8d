"""A transaction as asked for, and what a node says to it before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from worker.mcp_servers.addresses import Account
from worker.mcp_servers.amounts import format_units, parse_amount
from worker.mcp_servers.chains import Chain
from worker.mcp_servers.evm.abi import explain_revert, parse_data
from worker.mcp_servers.rpc import NodeRefused
from worker.mcp_servers.toolbox import ToolRefused

REVERTED = 3
"""The JSON-RPC code of a revert (EIP-1474's successor, execution-apis)."""


@dataclass(frozen=True, slots=True)
class Request:
    chain: Chain
    sender: Account
    to: Account | None
    """None: the transaction creates a contract, and `data` is its creation code."""
    value: int
    data: bytes

    def call(self) -> dict[str, str]:
        """As nodes take it. `input` alone: some nodes refuse `data` beside it."""
        call = {
            "from": self.sender.address,
            "value": hex(self.value),
            "input": "0x" + self.data.hex(),
        }
        return call | {"to": self.to.address} if self.to else call

    def transfer(self) -> dict[str, Any]:
        """The fields of `results.Transfer`."""
        return {
            "network": self.chain.name,
            "sender": self.sender.address,
            "from_account": self.sender.name,
            "to": self.to.address if self.to else None,
            "to_account": self.to.name if self.to else None,
            "value_wei": str(self.value),
            "value_ether": format_units(self.value),
            "currency": self.chain.currency,
        }


async def read_request(chain: Chain, sender: str, to: str, value: str | int, data: str) -> Request:
    code = parse_data(data)
    if not to.strip() and not code:
        raise ToolRefused("`to` is empty: pass an address, or creation code as `input` to create a contract.")
    return Request(
        chain=chain,
        sender=await chain.account(sender),
        to=await chain.account(to) if to.strip() else None,
        value=parse_amount(value, chain.currency),
        data=code,
    )


def refusal(error: NodeRefused) -> str:
    """Why the node would not carry a call out: the decoded revert, or its own words."""
    data = revert_data(error)
    if data is None:
        return error.reason
    return f"execution reverted: {explain_revert(data)}"


def revert_data(error: NodeRefused) -> bytes | None:
    """The revert's bytes, which nodes wrap differently; null when the error is not a revert."""
    data = error.data
    if isinstance(data, dict):
        data = cast("dict[str, Any]", data).get("data")
    if isinstance(data, str):
        text = data.removeprefix("Reverted ").strip()
        try:
            return bytes.fromhex(text.removeprefix("0x"))
        except ValueError:
            return b"" if "revert" in error.reason.lower() else None
    return b"" if error.code == REVERTED or "revert" in error.reason.lower() else None

"""A requested transaction, and the node's answer about it before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from worker.ethereum.abi import explain_revert, parse_data
from worker.ethereum.addresses import Account
from worker.ethereum.amounts import format_units, parse_amount
from worker.ethereum.chains import Chain
from worker.ethereum.node.error_dialects import Meaning
from worker.ethereum.rpc import NodeRefused
from worker.tool_outcomes import ToolRefused
from worker.untrusted_text import from_outside

FAILS: frozenset[Meaning] = frozenset({"reverted", "fails", "no funds"})
NO_REASON = "no reason given"


@dataclass(frozen=True, slots=True)
class Request:
    """A transaction that somebody asks for, with every value checked."""

    chain: Chain
    """The chain on which the transaction runs."""
    sender: Account
    """The account that signs the transaction."""
    to: Account | None
    """None: the transaction creates a contract, and `data` is its creation code."""
    value: int
    """The transferred value in wei."""
    data: bytes
    """The call data."""
    gas: int | None = None
    """The gas limit with which it is to be signed, in units of gas. None: the wallet chooses."""

    def call(self) -> dict[str, str]:
        """Return the form that nodes accept. Only `input` is sent, because some nodes refuse `data` next to it."""
        call = {
            "from": self.sender.address,
            "value": hex(self.value),
            "input": "0x" + self.data.hex(),
        }
        if self.to:
            call["to"] = self.to.address
        if self.gas is not None:
            call["gas"] = hex(self.gas)
        return call

    def transfer(self) -> dict[str, Any]:
        """Return the fields of `transaction_results.Transfer`."""
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


async def read_request(
    chain: Chain, sender: str, to: str, value: str | int, data: str, *, data_name: str = "input"
) -> Request:
    """`data_name`: the tool's parameter that contained `data`."""
    code = parse_data(data, data_name)
    if not to.strip() and not code:
        raise ToolRefused(
            "There is neither a recipient nor code of a new contract.",
            f"Pass an address as `to`, or creation code as `{data_name}` to create a contract.",
        )
    return Request(
        chain=chain,
        sender=await chain.account(sender),
        to=await chain.account(to) if to.strip() else None,
        value=parse_amount(value, chain.currency),
        data=code,
    )


def refusal(error: NodeRefused) -> str:
    """Return why the node would not execute a call: the decoded revert, or the node's own words."""
    fault = error.fault
    if fault.revert is None:
        return fault.reason
    words = from_outside(fault.revert_words) if fault.revert_words else NO_REASON
    return f"execution reverted: {explain_revert(fault.revert) if fault.revert else words}"


def would_fail(error: NodeRefused) -> bool:
    """Return whether the node says that the transaction fails, and not that it cannot say."""
    return error.fault.meaning in FAILS

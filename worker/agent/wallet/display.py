"""An approval in words. What contracts say is untrusted: it is cut and kept on one line."""

from __future__ import annotations

from forge.models.approval import Approval
from worker.mcp_servers.amounts import format_units
from worker.mcp_servers.evm.abi import decode_call
from worker.mcp_servers.evm.results import Simulation
from worker.mcp_servers.known_networks import KNOWN_NETWORKS
from worker.mcp_servers.toolbox import ToolRefused

DECODED_LIMIT = 2_000
SIMULATION_LIMIT = 2_000


def one_line(text: str, limit: int) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:limit]


def currency_of(network: str) -> str:
    return next((known.currency for known in KNOWN_NETWORKS if known.name == network), "ETH")


def amount_of(approval: Approval) -> str:
    """`0.1 ETH to 0x… on mainnet (chain 1)`."""
    transaction = approval.transaction
    call = f" with the call {approval.decoded}" if approval.decoded else ""
    return (
        f"{format_units(int(transaction.value))} {currency_of(approval.network)} to {transaction.to}{call} "
        f"on {approval.network} (chain {transaction.chain_id})"
    )


def decoded_call(data: bytes) -> str | None:
    """`transfer(to: 0x…, amount: 5)`; None without call data."""
    if not data:
        return None
    try:
        call = decode_call(data, None)
    except ToolRefused:
        return f"{len(data)} bytes that are no known call"
    if call.function is None:
        return f"unknown function {call.selector} with {len(data) - 4} bytes of arguments"
    arguments = ", ".join(f"{each.name or each.type}: {each.value}" for each in call.arguments)
    return one_line(f"{call.function}({arguments})", DECODED_LIMIT)


def simulation_text(found: Simulation) -> str:
    fee = f"{found.gas_estimate} gas, a fee of about {found.fee_estimate_ether} {found.currency}"
    moves = [
        f"{change.formatted or change.amount} {change.symbol or change.asset} from {change.sender} to {change.to}"
        for change in found.asset_changes or []
    ]
    text = f"Simulated without error: {fee}." + (f" Moves {'; '.join(moves)}." if moves else "")
    return one_line(text, SIMULATION_LIMIT)

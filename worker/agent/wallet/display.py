"""An approval in words. What contracts say is untrusted: it is cut, kept on one line, and never stands for a fact."""

from __future__ import annotations

import re

from forge.models.approval import Approval
from worker.mcp_servers.amounts import LARGEST, format_units
from worker.mcp_servers.evm.abi import decode_call
from worker.mcp_servers.evm.results import AssetChange, DecodedCall, Simulation
from worker.mcp_servers.known_networks import KNOWN_NETWORKS
from worker.mcp_servers.texts import one_line
from worker.mcp_servers.toolbox import ToolRefused

DECODED_LIMIT = 2_000
MOST_MOVES = 12
_UNLIMITED = LARGEST // 2
"""Wallets and sites ask for 2^256-1, some for a little less; nobody owns half of it."""
_PLAIN_SYMBOL = re.compile(r"[A-Za-z0-9$.+-]{1,12}")


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
    beside = "" if call.is_whole else " and data beside the arguments, which a contract may read"
    return one_line(f"{_warning(call)}{call.function}({arguments}){beside}", DECODED_LIMIT)


def _warning(call: DecodedCall) -> str:
    """What a number of 78 digits, or a `True`, would not tell a person."""
    values = [each.value for each in call.arguments]
    if call.function in {"approve", "increaseAllowance"} and int(values[1]) > _UNLIMITED:
        return f"UNLIMITED ALLOWANCE: {values[0]} could take all of this token at any time. "
    if call.function == "setApprovalForAll" and values[1] is True:
        return f"UNLIMITED ALLOWANCE: {values[0]} could take every token of this collection at any time. "
    return ""


def simulation_text(found: Simulation) -> str:
    fee = f"{found.gas_estimate} gas, a fee of about {found.fee_estimate_ether} {found.currency}"
    changes = found.asset_changes or []
    moves = [f"{_what(each)} from {each.sender} to {each.to}" for each in changes[:MOST_MOVES]]
    more = len(changes) - len(moves) + found.more_asset_changes
    rest = f"; and {more} more movements, which are not shown here" if more else ""
    return f"Simulated without error: {fee}." + (f" Moves {'; '.join(moves)}{rest}." if moves else "")


def _what(change: AssetChange) -> str:
    """A token is its address; its name is only its own word, and one that is no plain symbol is not repeated."""
    if change.standard == "native":
        return f"{change.formatted} {change.symbol}"
    if change.standard == "erc721":
        return f"the token {change.amount} of {change.asset}"
    if change.symbol and change.formatted and _PLAIN_SYMBOL.fullmatch(change.symbol):
        return f"{change.formatted} “{change.symbol}” (token {change.asset})"
    return f"{change.amount} base units of the token {change.asset}"

"""The gas and the fee that a transaction would take now."""

from __future__ import annotations

from eth_hash.auto import keccak

from worker.ethereum.rpc import NodeRefused, NodeUnreadable
from worker.ethereum.transactions import Request, would_fail
from worker.tool_outcomes import ToolRefused

GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000f"
"""The OP stack's predeploy that returns the fee for L1 (specs.optimism.io, Fjord)."""
UNSIGNED_BYTES = 120
"""Maximum bytes of a transaction without its call data and signature."""


async def estimate_gas(request: Request) -> int | None:
    """Return None if the node cannot say. Raises `NodeRefused` if it says that the transaction fails."""
    try:
        return await request.chain.quantity("eth_estimateGas", request.call())
    except NodeRefused as error:
        if would_fail(error):
            raise
    except ToolRefused:
        pass
    return None


async def estimate_fee(request: Request, gas: int | None) -> int | None:
    """Return the whole fee in wei, including the L1 fee of a rollup. None if a part is unknown."""
    try:
        price = await request.chain.quantity("eth_gasPrice")
        l1_fee = await _l1_fee(request) if request.chain.has_l1_fee else 0
    except ToolRefused:
        return None
    return None if gas is None else gas * price + l1_fee


async def _l1_fee(request: Request) -> int:
    """Ask the chain's own oracle, by the size of the unsigned transaction. Raises `ToolRefused`."""
    size = UNSIGNED_BYTES + len(request.data)
    data = keccak(b"getL1FeeUpperBound(uint256)")[:4] + size.to_bytes(32)
    call = {"to": GAS_PRICE_ORACLE, "input": "0x" + data.hex()}
    answer = await request.chain.data("eth_call", call, "latest")
    if len(answer) != 66:
        raise NodeUnreadable(request.chain.name, "eth_call", answer)
    return int(answer, 16)

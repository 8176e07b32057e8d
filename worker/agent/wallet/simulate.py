"""The simulation that comes before every approval: a transaction that would fail is not asked for."""

from __future__ import annotations

from worker.mcp_servers.evm.results import Simulation
from worker.mcp_servers.evm.simulation import simulate_transaction
from worker.mcp_servers.evm.transactions import Request, refusal, would_fail
from worker.mcp_servers.rpc import NodeRefused
from worker.mcp_servers.toolbox import ToolRefused

_PLENTY = hex(10**27)


async def simulated(request: Request) -> Simulation:
    """For the account that will sign. Raises `ToolRefused` when it would fail."""
    found = await simulate_transaction(request)
    if not found.success:
        raise ToolRefused(f"The simulation failed, so the wallet was not asked: {found.revert_reason}.")
    return found


async def check_for_anyone(request: Request) -> bytes | None:
    """What it answers an account with plenty of the chain's coin and nothing else, for nobody knows who will sign.

    None: the node cannot give an account a balance, so nothing is known. Raises `ToolRefused` when it would fail.
    """
    override = {request.sender.address: {"balance": _PLENTY}}
    try:
        answer = await request.chain.data("eth_call", request.call(), "latest", override)
    except NodeRefused as error:
        if not would_fail(error):
            return None
        raise ToolRefused(
            f"The simulation failed, so the wallet was not asked: {refusal(error)}. It was simulated from an account "
            "without tokens; if that matters, ask the user for their wallet's address and pass wallet_address."
        ) from error
    return bytes.fromhex(answer[2:])

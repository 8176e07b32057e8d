"""The simulation that comes before every approval: a transaction that would fail is not asked for."""

from __future__ import annotations

from worker.agent.wallet.display import simulation_text
from worker.mcp_servers.evm.simulation import simulate_transaction
from worker.mcp_servers.evm.transactions import Request, refusal
from worker.mcp_servers.rpc import NodeRefused
from worker.mcp_servers.toolbox import ToolRefused

_PLENTY = hex(10**27)


async def simulated(request: Request, *, knows_sender: bool) -> str:
    """What it would do, for display. Raises `ToolRefused` when it would fail."""
    if not knows_sender:
        return await _for_anyone(request)
    found = await simulate_transaction(request)
    if not found.success:
        raise ToolRefused(f"The simulation failed, so the wallet was not asked: {found.revert_reason}.")
    return simulation_text(found)


async def _for_anyone(request: Request) -> str:
    """From an account with plenty of the chain's coin and nothing else, for nobody knows the user's address."""
    override = {request.sender.address: {"balance": _PLENTY}}
    try:
        await request.chain.read("eth_call", request.call(), "latest", override)
    except NodeRefused as error:
        raise ToolRefused(
            f"The simulation failed, so the wallet was not asked: {refusal(error)}. It was simulated from an account "
            "without tokens; if that matters, ask the user for their wallet's address and pass wallet_address."
        ) from error
    return "Simulated without error from an account with enough of the chain's coin; your own address is not known."

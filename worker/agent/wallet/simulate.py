"""The simulation that comes before every approval: a transaction that would fail is not asked for."""

from __future__ import annotations

from worker.ethereum.results import Simulation
from worker.ethereum.rpc import NodeRefused, NodeUnreachable
from worker.ethereum.simulation import simulate_transaction
from worker.ethereum.transactions import Request, refusal, would_fail
from worker.tool_outcomes import ToolRefused

_PLENTY = hex(10**27)


async def simulated(request: Request) -> Simulation:
    """For the account that will sign. Raises `ToolRefused` when it would fail."""
    found = await simulate_transaction(request)
    if not found.success:
        raise ToolRefused(f"The simulation failed, so the wallet was not asked: {found.revert_reason}.")
    return found


async def check_for_anyone(request: Request) -> bytes | None:
    """What it answers an account with plenty of the chain's coin and nothing else, for nobody knows who will sign.

    A node that gives no account a balance is asked without one: then a call that pays nothing is known as well, and
    one that the made-up account cannot pay for is not. None: nothing is known. Raises `ToolRefused` when it would fail,
    or when the node cannot be asked at all.
    """
    override = {request.sender.address: {"balance": _PLENTY}}
    for state in ((override,), ()):
        try:
            answer = await request.chain.data("eth_call", request.call(), "latest", *state)
            return bytes.fromhex(answer[2:])
        except NodeRefused as error:
            if _fails_for_anyone(error):
                raise _failed_for_anyone(error) from error
        except NodeUnreachable:
            if not state:
                raise
    return None


def _fails_for_anyone(error: NodeRefused) -> bool:
    """That the made-up account cannot pay says nothing about whoever will sign."""
    return would_fail(error) and error.fault.meaning != "no funds"


def _failed_for_anyone(error: NodeRefused) -> ToolRefused:
    return ToolRefused(
        f"The simulation failed, so the wallet was not asked: {refusal(error)}. It was simulated from an account "
        "without tokens, because the one that would sign is not known.",
        "If that matters, ask the user for their wallet's address and pass it as wallet_address.",
    )

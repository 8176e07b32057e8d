"""The simulation before every approval. A transaction that would fail is not offered to the wallet."""

from __future__ import annotations

from worker.ethereum.rpc import NodeRefused, NodeUnreachable
from worker.ethereum.simulation import simulate_transaction
from worker.ethereum.transaction_results import Simulation
from worker.ethereum.transactions import Request, refusal, would_fail
from worker.tool_outcomes import ToolRefused

_PLENTY = hex(10**27)


async def simulated(request: Request) -> Simulation:
    """Simulate for the account that will sign. Raises `ToolRefused` if the transaction would fail."""
    found = await simulate_transaction(request)
    if not found.success:
        raise ToolRefused(f"The simulation failed, so the wallet was not asked: {found.revert_reason}.")
    return found


async def check_for_anyone(request: Request) -> bytes | None:
    """Return the result for an account with much of the chain's currency and nothing else, because the signer is
    unknown here.

    If a node does not support a balance override, it is asked without one. Then the result is known for a call that
    pays nothing, but not for a call that the made-up account cannot pay for. None: nothing is known. Raises
    `ToolRefused` if the transaction would fail, or if the node cannot be asked at all.
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
    """The made-up account's lack of funds says nothing about the real signer."""
    return would_fail(error) and error.fault.meaning != "no funds"


def _failed_for_anyone(error: NodeRefused) -> ToolRefused:
    return ToolRefused(
        f"The simulation failed, so the wallet was not asked: {refusal(error)}. It was simulated from an account "
        "without tokens, because the one that would sign is not known.",
        "If that matters, ask the user for their wallet's address and pass it as wallet_address.",
    )

"""What a transaction would do, according to the logs of a simulation (`eth_simulateV1`), if a node offers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from worker.ethereum.node import Log as NodeLog
from worker.ethereum.node import SimulatedCall
from worker.ethereum.simulated_logs import Grant, Log, Movement, grants, movements
from worker.ethereum.transactions import Request
from worker.tool_outcomes import ToolRefused

MOST_LOGS = 5_000
TOO_MANY_LOGS = "it logs more than can be read here"
SILENT_COIN = "the node does not tell which coins the calls of the account move"


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of the simulated transaction."""

    movements: list[Movement]
    """The movements of assets, in the order of the logs."""
    grants: list[Grant]
    """The rights that were given or taken away, in the order of the logs."""
    untold: str | None
    """The reason for which something may be left out; None if nothing is."""
    answers: list[bytes | None]
    """The data that the calls after the transaction returned; None where it cannot be read."""


@dataclass(frozen=True, slots=True)
class NoEffects:
    """The node cannot simulate the transaction."""

    reason: str
    """The reason in words."""


async def simulated_effects(request: Request, then: Sequence[dict[str, str]] = ()) -> Effects | NoEffects:
    """`then`: calls after it, in the state that it leaves.

    Some nodes do not accept `traceTransfers`. Then movements of the native currency are not logged, and only what the
    transaction itself sends is known.
    """
    reason = ""
    for traces in (True, False):
        options = {"blockStateCalls": [{"calls": [request.call(), *then]}], "traceTransfers": traces}
        try:
            found = _read(await request.chain.read("eth_simulateV1", options, "latest"))
        except ToolRefused as refused:
            reason = refused.shown
            continue
        if found is None:
            return NoEffects("the node's answer to eth_simulateV1 cannot be read")
        return found if traces else await _with_value(request, found)
    return NoEffects(reason)


def _read(answer: Any) -> Effects | None:
    """Return None if the logs cannot be read completely, because a missing log may be the one that matters."""
    calls = _calls(answer)
    if not calls or calls[0].logs is None or calls[0].succeeded is False:
        return None
    answers = [_bytes(each.return_data) for each in calls[1:]]
    return replace(logged_effects(calls[0].logs), answers=answers)


def logged_effects(logs: Sequence[NodeLog] | None) -> Effects:
    """`logs` None: the node does not return them."""
    readable = _readable(logs or [])
    moved, is_whole = movements(readable)
    are_all = logs is not None and len(readable) == len(logs)
    return Effects(moved, grants(readable), None if is_whole and are_all else TOO_MANY_LOGS, [])


def _calls(answer: Any) -> list[SimulatedCall]:
    try:
        found = [SimulatedCall.read(call) for call in answer[0]["calls"]]
    except (TypeError, KeyError, IndexError):
        return []
    return [call for call in found if call]


def _readable(logs: Sequence[NodeLog]) -> list[Log]:
    """Return the first logs without those of which the node does not tell every value."""
    return [log for log in map(_log, logs[:MOST_LOGS]) if log]


def _log(log: NodeLog) -> Log | None:
    if log.address is None or log.topics is None or log.data is None:
        return None
    topics = [topic for topic in log.topics if topic]
    return Log(log.address, topics, _bytes(log.data) or b"") if len(topics) == len(log.topics) else None


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text.removeprefix("0x"))


async def _with_value(request: Request, found: Effects) -> Effects:
    """An account with code (EIP-7702) may also send coins by what it calls within the transaction."""
    untold = found.untold or (SILENT_COIN if await _may_have_code(request) else None)
    if not request.value or request.to is None:
        return replace(found, untold=untold)
    paid = Movement("native", "native", request.sender.address, request.to.address, request.value)
    return replace(found, movements=[paid, *found.movements], untold=untold)


async def _may_have_code(request: Request) -> bool:
    try:
        return await request.chain.data("eth_getCode", request.sender.address, "latest") != "0x"
    except ToolRefused:
        return True

"""The review of a request: what it calls, moves and gives away, and what could not be determined."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from forge.models.wallet_review import (
    Allowance,
    Review,
    ReviewChange,
    ReviewedCall,
    ReviewFee,
    ReviewWarning,
    SimulationOutcome,
)
from worker.agent.wallet.review.after_simulation import (
    After,
    read_after,
    settled_rights,
    simulated_rights,
    with_balances,
    without_own,
    without_taken,
)
from worker.agent.wallet.review.decode_calls import decode_calls
from worker.agent.wallet.review.findings import NO_SENDER, UNTRIED, Found, changes_of
from worker.agent.wallet.review.shown_call_tree import all_nodes, shown_calls
from worker.agent.wallet.review.simulate_request import check_for_anyone, simulated
from worker.agent.wallet.review.token_facts import read_facts
from worker.agent.wallet.review.warnings.all_warnings import all_warnings
from worker.agent.wallet.review.warnings.left_out import MOST_CHANGES, left_out_count
from worker.agent.wallet.review.warnings.rights import judged
from worker.ethereum.addresses import checksummed
from worker.ethereum.known_tokens import known_addresses
from worker.ethereum.transaction_results import Simulation
from worker.ethereum.transactions import Request
from worker.tool_outcomes import ToolRefused

MOST_ALLOWANCES = 20
MOST_WARNINGS = 30
REVIEW_BYTES = 14_000
"""Maximum size as stored, because five requests with their call data must fit into the session's item."""


async def reviewed(request: Request, *, knows_sender: bool, known: Sequence[str] = ()) -> Review:
    """`known`: the addresses that the conversation names. Raises `ToolRefused` if the transaction would fail."""
    if request.to is None:
        raise ToolRefused("A wallet request needs a recipient.")
    to = request.to.address
    reading = await asyncio.to_thread(decode_calls, [(to, request.value, request.data)])
    sender = request.sender.address if knows_sender else None
    simulation = await simulated(request) if sender else None
    answer = _answer(simulation) if simulation else await check_for_anyone(request)
    rights, after = reading.rights, After()
    if sender and simulation:
        called = {node.to.lower() for node in all_nodes(reading.calls)}
        rights = [*rights, *simulated_rights(simulation, called)]
        after = await read_after(request, rights, [to] if request.data else [])
        rights = settled_rights(rights, after, sender)
        rights = without_taken(without_own(rights, sender), simulation.asset_changes or [], sender)
    paid = [node.to for node in all_nodes(reading.calls) if node.data and node.value and node.to]
    facts = await read_facts(request.chain, rights, sender, others=[to, *paid])
    facts = with_balances(facts, after, sender) if sender else facts
    trusted = [
        *await request.chain.test_accounts(),
        *sorted(known_addresses(request.chain.expected.chain_id)),
    ]
    known = [*known, *([sender] if sender else []), *map(checksummed, trusted)]
    return _review(Found(request, sender, reading, simulation, answer, rights, after, facts, known))


def _answer(simulation: Simulation) -> bytes | None:
    text = simulation.return_data
    return bytes.fromhex(text[2:]) if text else None


def _review(found: Found) -> Review:
    allowances = [judged(right, found.facts, found.sender) for right in found.rights]
    changes = changes_of(found)
    calls, is_whole = shown_calls(found.reading.calls)
    outcome, reason = _outcome(found, changes)
    ordered = all_warnings(found, allowances, changes, outcome, reason)
    review = Review(
        outcome=outcome,
        reason=reason,
        changes=changes[:MOST_CHANGES],
        more_changes=left_out_count(found, changes),
        allowances=sorted(allowances, key=_weight)[:MOST_ALLOWANCES],
        warnings=ordered[:MOST_WARNINGS],
        calls=calls,
        recipient=found.recipient,
        fee=_fee(found.simulation),
        currency=found.request.chain.currency,
    )
    is_whole = is_whole and len(allowances) <= MOST_ALLOWANCES and len(ordered) <= MOST_WARNINGS
    return _fitting(review, is_whole=is_whole)


def _weight(allowance: Allowance) -> tuple[bool, bool]:
    return allowance.revokes, not allowance.unlimited


def _outcome(found: Found, changes: list[ReviewChange]) -> tuple[SimulationOutcome, str | None]:
    """Claim only what was seen, because a call that is not understood and logs nothing may have done anything."""
    simulation = found.simulation
    if simulation is None:
        return "unknown", f"{NO_SENDER} {UNTRIED}" if found.is_untried else NO_SENDER
    if simulation.asset_changes is None or simulation.untold:
        return "unknown", f"What it moves could not be told: {simulation.untold or 'the node does not say'}"
    if changes:
        return "moves", None
    if not all(node.understood for node in all_nodes(found.reading.calls)):
        return "unknown", "Nothing that its logs say moves, but the call is not understood."
    return "nothing", None


def _fee(simulation: Simulation | None) -> ReviewFee | None:
    if simulation is None or simulation.gas_estimate is None or simulation.fee_estimate_wei is None:
        return None
    return ReviewFee(
        gas=simulation.gas_estimate,
        wei=simulation.fee_estimate_wei,
        formatted=simulation.fee_estimate_ether or "",
        currency=simulation.currency,
    )


def _fitting(review: Review, *, is_whole: bool) -> Review:
    """Return as much of the tree of calls as the session's item has room for, with a warning if anything is left
    out.
    """
    forms: tuple[list[ReviewedCall], ...] = (review.calls, [_alone(call) for call in review.calls], [])
    sizes = ((review.model_copy(update={"calls": calls}), calls) for calls in forms)
    cut, calls = next(
        each for each in sizes if not each[1] or len(each[0].model_dump_json().encode()) <= REVIEW_BYTES
    )
    if is_whole and calls == review.calls:
        return review
    text = "Not everything that it calls is shown here. Look at the whole data before you sign."
    left_out = ReviewWarning(code="not_all_shown", severity="caution", text=text)
    return cut.model_copy(update={"warnings": [*review.warnings, left_out]})


def _alone(call: ReviewedCall) -> ReviewedCall:
    return call.model_copy(update={"arguments": [], "inner": []})

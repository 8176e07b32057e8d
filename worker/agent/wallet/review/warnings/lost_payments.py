"""Warnings about what would be lost or would not happen: it goes to nobody, or there is no contract that would act."""

from __future__ import annotations

from forge.models.wallet_review import ReviewWarning, SimulationOutcome, WarningCode
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.findings import NO_SENDER, UNTRIED, Found
from worker.agent.wallet.review.recipients import recipients_in
from worker.agent.wallet.review.shown_call_tree import all_nodes
from worker.agent.wallet.review.warnings.addresses_of_nobody import belongs_to_nobody
from worker.ethereum.addresses import checksummed
from worker.ethereum.amounts import readable_amount
from worker.ethereum.known_tokens import known_addresses

_DANGERS = frozenset[WarningCode]({"lost_to_nobody"})


def loss_warnings(found: Found, outcome: SimulationOutcome, reason: str | None) -> list[ReviewWarning]:
    request, top = found.request, found.reading.calls[0]
    to = top.to.lower()
    notes: list[tuple[bool, WarningCode, str]] = [
        (found.simulation is None, "sender_unknown", NO_SENDER),
        (found.is_untried, "not_simulated", UNTRIED),
        (found.simulation is not None and outcome == "unknown", "not_simulated", reason or ""),
        (
            found.is_void and not request.value,
            "no_contract",
            f"{_absent(found, top)}, so the call would do nothing.",
        ),
        (
            found.is_void and request.value > 0,
            "lost_to_nobody",
            _kept(found, top),
        ),
        (
            not found.is_void and _is_nobody(found),
            "lost_to_nobody",
            "It is sent to an address that belongs to nobody: it would be lost.",
        ),
        (
            set(recipients_in(top)) == {to} and not (top.meaning and top.meaning.pays),
            "lost_to_nobody",
            "The recipient is the contract itself: what is sent to it is usually lost.",
        ),
        (
            _is_sent_to_a_token(found),
            "lost_to_nobody",
            "It is sent to the contract of a token: what is sent to it is usually lost.",
        ),
    ]
    kept: list[tuple[bool, WarningCode, str]] = [
        (True, "lost_to_nobody", _kept(found, node))
        for node in all_nodes(top.inner)
        if node.data and node.value and node.to.lower() in found.facts.codeless
    ]
    return [
        ReviewWarning(code=code, severity="danger" if code in _DANGERS else "caution", text=text)
        for applies, code, text in [*notes, *kept]
        if applies
    ]


def _absent(found: Found, node: Node) -> str:
    return f"There is no contract at {checksummed(node.to)} on {found.request.chain.name}"


def _kept(found: Found, node: Node) -> str:
    amount = readable_amount(node.value, found.request.chain.currency)
    return (
        f"{_absent(found, node)}: nothing would come of the call, and that address would keep the {amount}."
    )


def _is_nobody(found: Found) -> bool:
    recipient = found.recipient.lower()
    is_called = recipient == found.reading.calls[0].to.lower()
    return belongs_to_nobody(recipient, is_program=is_called and recipient not in found.facts.codeless)


def _is_sent_to_a_token(found: Found) -> bool:
    """People take the contract's address for an account. A payment of the coin to it is a call, and no mistake."""
    known = known_addresses(found.request.chain.expected.chain_id)
    return any(
        recipient in known and recipient != node.to.lower()
        for node in all_nodes(found.reading.calls)
        for recipient in recipients_in(node)
    )

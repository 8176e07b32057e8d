"""Warnings about accounts for which the request acts, such as the signer's Safe, or one that has allowed the signer to
take its tokens. What leaves them does not leave the account that signs, and is usually the person's all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge.models.counted_words import counted
from forge.models.wallet_review import ReviewChange, ReviewWarning
from worker.agent.wallet.request_in_words import change_in_words
from worker.agent.wallet.review.argument_paths import selected
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.findings import Found, changes_of
from worker.agent.wallet.review.shown_call_tree import all_nodes
from worker.ethereum.addresses import checksummed

MOST_TOLD = 8
"""Maximum movements that warnings name."""


def account_warnings(found: Found) -> list[ReviewWarning]:
    calls = found.reading.calls
    accounts = {*_acted_for(calls), *_taken_from(calls)} - {(found.sender or "").lower()}
    gone = [
        each for each in changes_of(found) if each.sender.lower() in accounts and each.direction == "other"
    ]
    return [*_refunds(found), *_movements(gone)]


def _acted_for(nodes: Sequence[Node]) -> Iterator[str]:
    """Yield the accounts that make the inner calls, in lower case. A contract that makes anybody's calls is none."""
    for node in nodes:
        if not (node.meaning and any(each.for_anyone for each in node.meaning.calls)):
            yield from (each.caller.lower() for each in node.inner if each.caller)
            yield from _acted_for(node.inner)


def _taken_from(nodes: list[Node]) -> Iterator[str]:
    """Yield the accounts from which the calls take something, in lower case."""
    for node in all_nodes(nodes):
        if node.understood and node.meaning:
            named = selected(node.meaning.signature.inputs, node.values, node.meaning.takes_from)
            yield from (each.lower() for each in named)


def _movements(gone: Sequence[ReviewChange]) -> list[ReviewWarning]:
    texts = [
        f"{each.sender}, for which this request acts, gives {change_in_words(each)} to {each.to}."
        for each in gone[:MOST_TOLD]
    ]
    if more := max(0, len(gone) - MOST_TOLD):
        texts.append(f"The accounts for which this request acts give more: {counted(more, 'movement')}.")
    severity = "danger" if more else "caution"
    return [ReviewWarning(code="acts_for", severity=severity, text=text) for text in texts]


def _refunds(found: Found) -> list[ReviewWarning]:
    own = {"", (found.sender or "").lower()}
    pays = ((node, _refund(node)) for node in all_nodes(found.reading.calls))
    return [
        ReviewWarning(
            code="goes_elsewhere",
            severity="danger",
            text=f"{checksummed(node.to)} also pays {checksummed(payee)} for gas, whatever the gas costs: "
            "it may be all that the account has.",
        )
        for node, payee in pays
        if payee is not None and payee not in own
    ]


def _refund(node: Node) -> str | None:
    """Return who is paid for gas, in lower case, empty for the account that signs; None if nobody is."""
    if not (node.understood and node.meaning and (refund := node.meaning.refund)):
        return None
    price, to = (
        selected(node.meaning.signature.inputs, node.values, path)[0] for path in (refund.price, refund.to)
    )
    return (to.lower() if int(to, 16) else "") if price else None

"""A wallet request in words for a terminal: first what it does, from its review's fields; the agent's own words
last.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from forge_client.amounts import counted, grouped
from forge_client.wallet_requests import Approval, ReviewChange, ReviewedCall


def doubts(approval: Approval) -> list[str]:
    """Return why a transaction may have been sent for this request already or soon; empty if nothing indicates it."""
    said = [_reported(report.transaction_hash, report.outcome) for report in approval.reported]
    if approval.claim is None or said:
        return said
    is_live = datetime.fromisoformat(approval.claim.until) > datetime.now(UTC)
    how = "is in a wallet now" if is_live else "was in a wallet that never answered"
    return [
        f"It {how}, to be signed by {approval.claim.account}. If that wallet still asks, reject it there too."
    ]


def dangers(approval: Approval) -> list[str]:
    """Return what a person must read before anything else: the same dangers that the page asks a second act for."""
    review = approval.review
    grave = [each.text for each in review.allowances if each.unlimited and not each.revokes]
    return list(
        dict.fromkeys([*grave, *(each.text for each in review.warnings if each.severity != "caution")])
    )


def effects(approval: Approval) -> Iterator[str]:
    """Yield the dangers, what leaves and arrives, who may take what, and the other warnings, one line each."""
    review = approval.review
    first = dangers(approval)
    yield from (f"DANGER: {each}" for each in first)
    allowed = [each.text for each in review.allowances]
    yield from (each for each in allowed if each not in first)
    yield from (_change(change) for change in review.changes if change.direction != "other")
    if review.more_changes:
        yield f"Not shown: {counted(review.more_changes, 'more movement')}."
    told = {*first, *allowed, review.reason}
    yield from (f"WARNING: {each.text}" for each in review.warnings if each.text not in told)
    yield _outcome(approval)


def _outcome(approval: Approval) -> str:
    review, own = approval.review, (approval.sender or "").lower()
    if review.outcome == "unknown":
        return f"It could not be told what this would do. {review.reason or ''}".rstrip()
    if review.outcome == "nothing":
        return "Simulated: nothing leaves your account, and nothing comes."
    if review.more_changes:
        return "Simulated: this moves, and more that is not shown here."
    if any(change.direction != "other" for change in review.changes):
        return "Simulated: exactly this moves."
    if all(change.sender.lower() == own == change.to.lower() for change in review.changes):
        return "Simulated: your account pays itself; nothing leaves it."
    return "Simulated: something moves, but not from or to the account that signs."


def calls(approval: Approval) -> Iterator[str]:
    """Yield the calls as the chain would execute them, inner calls indented."""
    for call in approval.review.calls:
        yield from _call(call, 0)


def _call(call: ReviewedCall, depth: int) -> Iterator[str]:
    given = ", ".join(f"{each.name or each.type}: {each.value}" for each in call.arguments)
    name = f"{call.function}({given})" if call.function else "not understood"
    yield "  " * depth + name + (f" ({call.note})" if call.note else "")
    for inner in call.inner:
        yield from _call(inner, depth + 1)


def _change(change: ReviewChange) -> str:
    if change.direction == "out":
        return f"- {_amount(change)} to {change.to}"
    return f"+ {_amount(change)} from {change.sender}"


def _amount(change: ReviewChange) -> str:
    """The amount of a single token is its id."""
    name = change.symbol or change.asset or "the chain's coin"
    if change.symbol and change.asset:
        name = f"{name} ({change.asset})"
    if change.standard == "erc721":
        return f"token {change.amount or '?'} of {name}"
    if change.token_id is not None:
        return f"{grouped(change.amount or 'an unknown number')} of token {change.token_id} of {name}"
    if change.formatted:
        return f"{grouped(change.formatted)} {name}"
    if change.amount:
        return f"{counted(grouped(change.amount), 'base unit')} of {name}"
    return f"an unknown amount of {name}"


def _reported(transaction_hash: str | None, outcome: str) -> str:
    if transaction_hash is None:
        said = "A wallet was asked before and gave no usable answer: it may have been sent."
        return f"{said} Reject it there if it still asks."
    return f"Sent as {transaction_hash}, {_FOUND.get(outcome, _NOT_KNOWN)}."


_NOT_KNOWN = "and it is not known what became of it"
_FOUND = {
    "not_found": "not found on the chain yet",
    "different": "which turned out to be another transaction",
    "unknown": _NOT_KNOWN,
}

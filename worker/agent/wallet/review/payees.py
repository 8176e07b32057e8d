"""Who gets what comes of the calls. A swap, a withdrawal or a deposit may name another account than the one that signs,
and then nothing that leaves the signer's account shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forge.models.wallet_review import ReviewWarning
from worker.agent.wallet.review.argument_paths import broadcast, selected
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.judge_rights import checksummed

USUAL_PART = 100
"""The largest part, in ten-thousandths, that is usual as the fee of a page which offers swaps."""
_WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Payee:
    """An account that a call names."""

    account: str
    """The address; empty: the account that signs."""
    part: int = _WHOLE
    """The part that it gets, in ten-thousandths."""


def recipients_in(node: Node) -> list[str]:
    """Return the recipients that the call names, in lower case; an empty one is the account that signs."""
    if not (node.understood and node.meaning):
        return []
    path = node.meaning.recipient
    named = selected(node.meaning.signature.inputs, node.values, path, node.to)
    return [_account(node, each).lower() for each in named]


def _account(node: Node, named: str) -> str:
    places = dict(node.meaning.pays.places) if node.meaning and node.meaning.pays else {}
    match places.get(int(named, 16)):
        case "caller":
            return node.caller or ""
        case "called":
            return node.to
        case None:
            return named


def payees_of(node: Node) -> Iterator[Payee]:
    if not (node.understood and node.meaning and (pays := node.meaning.pays)):
        return
    columns = [selected(node.meaning.signature.inputs, node.values, path) for path in (pays.to, pays.part)]
    for named, part in broadcast(columns):
        yield Payee(_account(node, named), _WHOLE if part is None else part)


def payee_warnings(nodes: Iterator[Node], sender: str | None) -> list[ReviewWarning]:
    """`sender` null: the signer is not known yet, so it cannot be told whether an account is theirs."""
    return [
        _warning(node, payee, sender)
        for node in nodes
        for payee in payees_of(node)
        if payee.account and payee.part and payee.account.lower() not in _own(node, sender)
    ]


def _own(node: Node, sender: str | None) -> set[str]:
    """A smart account calls for its owner, and a router keeps what its next call goes on with."""
    return {each.lower() for each in (sender, node.caller, node.to) if each}


def _warning(node: Node, payee: Payee, sender: str | None) -> ReviewWarning:
    name = node.meaning.signature.name if node.meaning else ""
    is_usual = payee.part <= USUAL_PART
    what = (
        f"What comes of {name}"
        if payee.part >= _WHOLE
        else f"{payee.part / 100:g} % of what comes of the call"
    )
    who = checksummed(payee.account)
    if sender is None and node.caller is None:
        text = f"{what} goes to {who}: sign only if you know whose that is."
    else:
        text = f"{what} goes to {who}, not to the account that signs."
    is_danger = not is_usual and sender is not None
    return ReviewWarning(code="goes_elsewhere", severity="danger" if is_danger else "caution", text=text)

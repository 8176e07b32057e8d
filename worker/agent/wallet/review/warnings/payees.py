"""Who gets what comes of the calls. A swap, a withdrawal or a deposit may name another account than the one that signs,
and then nothing that leaves the signer's account shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import prod

from forge.models.wallet_review import ReviewWarning
from worker.agent.wallet.review.argument_paths import selected
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.known_functions.rows import THE_CALLED
from worker.agent.wallet.review.recipients import WHOLE, Payee, payees_of
from worker.ethereum.addresses import checksummed
from worker.ethereum.uniswap_pairs import pairs_of

USUAL_PART = 100
"""The largest part, in ten-thousandths, that is usual as the fee of a page which offers swaps."""
MOST_NAMED = 3
"""Maximum accounts that a warning names."""


def payee_warnings(nodes: Iterator[Node], sender: str | None) -> list[ReviewWarning]:
    """`sender` null: the signer is not known yet, so it cannot be told whether an account is theirs."""
    tree = list(nodes)
    for_anyone = _for_anyone(tree)
    lost: list[ReviewWarning] = []
    elsewhere: list[ReviewWarning] = []
    parts: list[Payee] = []
    for node, is_taken_out in _in_order(tree):
        for payee in payees_of(node):
            account = payee.account.lower()
            if not (account and payee.part) or account in _own(node, sender) - for_anyone:
                continue
            if payee.part < WHOLE:
                parts += [payee] if account != node.to.lower() else []
            elif account in _route_behind(node, tree):
                continue
            elif account not in {node.to.lower(), *for_anyone}:
                elsewhere.append(_goes_elsewhere(f"What comes of {_name(node)}", [payee], sender))
            elif account != node.to.lower() or not is_taken_out:
                lost.append(_lost(node, payee))
    return [*lost, *elsewhere, *_parts_warning(parts, sender)]


def _own(node: Node, sender: str | None) -> set[str]:
    """A smart account calls for its owner."""
    return {each.lower() for each in (sender, node.caller) if each}


def _for_anyone(tree: Sequence[Node]) -> set[str]:
    """Return the contracts that make anybody's calls. One whose code another contract runs is not meant."""
    return {
        node.to.lower()
        for node in tree
        if node.meaning and node.acts_as == node.to and any(each.for_anyone for each in node.meaning.calls)
    }


def _in_order(tree: Sequence[Node]) -> list[tuple[Node, bool]]:
    """Return each call, and whether a later one may pay out what the called contract holds. One that is not understood
    may; there is a warning about it already.
    """
    taken_out: set[str] = set()
    found: list[tuple[Node, bool]] = []
    for node in reversed(tree):
        found.append((node, node.to.lower() in taken_out))
        if not node.understood or _spends_what_is_held(node):
            taken_out.add(node.to.lower())
    return found[::-1]


def _spends_what_is_held(node: Node) -> bool:
    if not (node.meaning and (path := node.meaning.spends)):
        return False
    return path == THE_CALLED or not any(selected(node.meaning.signature.inputs, node.values, path))


def _route_behind(node: Node, tree: Sequence[Node]) -> set[str]:
    """Return the pairs with which later swaps of the same list of calls begin. Such a swap fails if nothing has arrived
    there, and the whole list with it; one that may fail alone would leave all of it there.
    """
    found: set[str] = set()
    for later in _calls_behind(node, tree):
        found |= set() if later.may_fail else _prepaid_pairs(later)
    return found


def _calls_behind(node: Node, tree: Sequence[Node]) -> list[Node]:
    for parent in tree:
        for place, each in enumerate(parent.inner):
            if each is node:
                return parent.inner[place + 1 :]
    return []


def _prepaid_pairs(node: Node) -> set[str]:
    if not (node.understood and node.meaning and (prepaid := node.meaning.prepaid)):
        return set()
    amount, route = (selected(node.meaning.signature.inputs, node.values, path) for path in prepaid)
    return set() if any(amount) or len(route) < 2 else pairs_of(route[0], route[1])


def _parts_warning(parts: Sequence[Payee], sender: str | None) -> list[ReviewWarning]:
    """Many small parts are a large one: each is a part of what those before it have left."""
    if not parts:
        return []
    total = 1 - prod(Fraction(WHOLE - each.part, WHOLE) for each in parts)
    what = f"{float(total * 100):.4g} % of what comes of the call"
    return [_goes_elsewhere(what, parts, sender, is_usual=total * WHOLE <= USUAL_PART)]


def _goes_elsewhere(
    what: str, payees: Sequence[Payee], sender: str | None, *, is_usual: bool = False
) -> ReviewWarning:
    accounts = list({each.account.lower(): checksummed(each.account) for each in payees}.values())
    more = [f"{len(accounts) - MOST_NAMED} more"] if len(accounts) > MOST_NAMED else []
    who = " and ".join([*accounts[:MOST_NAMED], *more])
    if sender is None:
        text = f"{what} goes to {who}: sign only if you know whose that is."
    else:
        text = f"{what} goes to {who}, not to the account that signs."
    is_danger = not is_usual and sender is not None
    return ReviewWarning(code="goes_elsewhere", severity="danger" if is_danger else "caution", text=text)


def _lost(node: Node, payee: Payee) -> ReviewWarning:
    text = (
        f"What comes of {_name(node)} stays in the contract {checksummed(payee.account)}, from which anybody may take "
        "it: it is usually lost."
    )
    return ReviewWarning(code="lost_to_nobody", severity="danger", text=text)


def _name(node: Node) -> str:
    return node.meaning.signature.name if node.meaning else ""

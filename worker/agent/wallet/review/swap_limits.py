"""The limits that a swap sets. The simulation shows what leaves and arrives now; whoever trades before the transaction
decides what leaves and arrives in the end, up to the limits of the call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forge.models.wallet_review import ReviewChange, ReviewWarning
from worker.agent.wallet.review.argument_paths import selected
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.known_functions.rows import THE_CALLED, Meaning

USUAL_FACTOR = 2
"""A limit of more than this many times what leaves now protects nobody, either."""
USUAL_PERCENT = 50
"""A limit of less than this part of what arrives now protects nobody. Pages for swaps set 90 percent and more."""
_COUNTED = frozenset({"native", "erc20"})


def most_warnings(nodes: Iterable[Node], changes: Sequence[ReviewChange]) -> list[ReviewWarning]:
    """Compare each limit with all that leaves, because a call may pay for several swaps."""
    leaves = sum(_amounts(changes, "out"))
    found = [
        each
        for node in nodes
        if node.understood and node.meaning and node.meaning.ceiling
        for each in selected(node.meaning.signature.inputs, node.values, node.meaning.ceiling)
    ]
    if not (found and leaves and max(found) > USUAL_FACTOR * leaves):
        return []
    text = (
        "The swap sets no useful upper limit: if others trade before it, you may pay more than "
        f"{USUAL_FACTOR} times what is shown here, up to all that the contract may take."
    )
    return [ReviewWarning(code="no_maximum", severity="danger", text=text)]


def least_warnings(nodes: Iterable[Node], changes: Sequence[ReviewChange]) -> list[ReviewWarning]:
    """Compare the highest limit of all calls, because a router may check it in a later call than the swap's."""
    tree = [(node, node.meaning) for node in nodes if node.understood and node.meaning and node.meaning.floor]
    if all(meaning.spends == THE_CALLED for _, meaning in tree):
        return []
    least = max((amount for node, meaning in tree for amount in _floors(node, meaning)), default=0)
    arrives = _amounts(changes, "in")
    if least and not (arrives and all(least * 100 < amount * USUAL_PERCENT for amount in arrives)):
        return []
    part = f"as little as {_percent(least, min(arrives))} % of what is shown here" if arrives else "nothing"
    text = f"The swap sets no useful lower limit: if others trade before it, you may get {part}."
    return [ReviewWarning(code="no_minimum", severity="danger", text=text)]


def _amounts(changes: Sequence[ReviewChange], direction: str) -> list[int]:
    return [
        int(each.amount)
        for each in changes
        if each.direction == direction and each.standard in _COUNTED and each.amount
    ]


def _floors(node: Node, meaning: Meaning) -> list[int]:
    return selected(meaning.signature.inputs, node.values, meaning.floor)


def _percent(least: int, arrives: int) -> str:
    return f"{100 * least / arrives:.2g}" if arrives else "0"

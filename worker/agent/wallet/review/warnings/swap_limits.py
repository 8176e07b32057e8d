"""The limits that a swap sets. The simulation shows what leaves and arrives now; whoever trades before the transaction
decides what leaves and arrives in the end, up to the limits of the call.

Each limit is compared with the amount of the token that it is for. Compared with all that moves, a worthless token that
moves beside it would hide a limit that protects nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from forge.models.wallet_review import ReviewChange, ReviewWarning
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.warnings.swapped_tokens import COIN, Limit, lower_limits, upper_limits
from worker.ethereum.addresses import ZERO_ADDRESS

USUAL_FACTOR = 2
"""A limit of more than this many times what leaves now protects nobody, either."""
USUAL_PERCENT = 50
"""A limit of less than this part of what arrives now protects nobody. Pages for swaps set 90 percent and more."""
_COUNTED = frozenset({"native", "erc20"})


def most_warnings(nodes: Iterable[Node], changes: Sequence[ReviewChange]) -> list[ReviewWarning]:
    """A token that does not leave is bought with the coin, or else it is unknown with what."""
    limits = [each for node in nodes for each in upper_limits(node)]
    leaves = _amounts(changes, "out")
    if not (limits and leaves):
        return []
    most: Counter[str] = Counter()
    for each in limits:
        most[each.token if each.token in leaves else COIN] += each.amount
    paid = {token: leaves.get(token, sum(leaves.values())) for token in most}
    if all(most[token] <= USUAL_FACTOR * paid[token] for token in most):
        return []
    text = (
        "The swap sets no useful upper limit: if others trade before it, you may pay more than "
        f"{USUAL_FACTOR} times what is shown here, up to all that the contract may take."
    )
    return [ReviewWarning(code="no_maximum", severity="danger", text=text)]


def least_warnings(
    nodes: Iterable[Node], changes: Sequence[ReviewChange], wrapped: Collection[str] = ()
) -> list[ReviewWarning]:
    """`wrapped`: the addresses of the wrapped coin of the chain, in lower case; empty if they are not known.

    A swap of 0x that names no token has its limits in its actions.
    """
    limits = [each for node in nodes for each in lower_limits(node)]
    if not any(each.is_swap for each in limits):
        return []
    if all(each.token == ZERO_ADDRESS and not each.amount for each in limits):
        text = "The least that the swap may give can only stand in parts of the call that are not read here."
        return [ReviewWarning(code="no_minimum", severity="caution", text=text)]
    arrives = _amounts(changes, "in")
    pairs = list(_compared(limits, arrives, wrapped)) or [_all_together(limits, arrives)]
    useless = [
        (least, now) for least, now in pairs if least * 100 < now * USUAL_PERCENT or not (least or now)
    ]
    if not useless:
        return []
    least, now = min(useless, key=lambda pair: pair[0] / (pair[1] or 1))
    part = f"as little as {100 * least / now:.2g} % of what is shown here" if now else "nothing"
    text = f"The swap sets no useful lower limit: if others trade before it, you may get {part}."
    return [ReviewWarning(code="no_minimum", severity="danger", text=text)]


def _compared(
    limits: Sequence[Limit], arrives: dict[str, int], wrapped: Collection[str]
) -> Iterator[tuple[int, int]]:
    """Return the least and the present amount of each token that swaps are for and that arrives.

    A wrapped coin arrives as the coin. Where its address is not known, it is what the last of the other swaps is for.
    """
    bought = {each.token for each in limits} & arrives.keys() - {COIN}
    yield from ((_least(limits, token), arrives[token]) for token in bought)
    unwrapped = [each.token for each in limits if each.is_swap and each.token not in bought]
    unwrapped = [each for each in unwrapped if each in wrapped] or unwrapped
    is_unwrapped = not bought or any(each.token == COIN for each in limits)
    if COIN in arrives and unwrapped and is_unwrapped:
        yield max(_least(limits, COIN), _least(limits, unwrapped[-1])), arrives[COIN]


def _least(limits: Sequence[Limit], token: str) -> int:
    """Parts of a swap add up; a router may check all of them once more in a later call."""
    own = [each for each in limits if each.token == token]
    checked = max((each.amount for each in own if not each.is_swap), default=0)
    return max(checked, sum(each.amount for each in own if each.is_swap))


def _all_together(limits: Sequence[Limit], arrives: dict[str, int]) -> tuple[int, int]:
    """It is not known which of the tokens arrives."""
    return max(each.amount for each in limits), min(arrives.values(), default=0)


def _amounts(changes: Sequence[ReviewChange], direction: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for each in changes:
        if each.direction == direction and each.standard in _COUNTED and each.amount:
            found[(each.asset or COIN).lower()] += int(each.amount)
    return dict(found)

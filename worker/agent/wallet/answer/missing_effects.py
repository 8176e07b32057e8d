"""What a transaction did not do although its card showed it: tokens did not arrive, or a payment was not made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from forge.models.wallet_review import Review, ReviewChange
from worker.agent.wallet.request_in_words import change_in_words
from worker.ethereum.node import Receipt
from worker.ethereum.simulated_effects import readable_logs
from worker.ethereum.simulated_logs import Movement, movements

LEAST_PERCENT = 50
"""Less than this part of what was shown is told: prices move between the simulation and the block."""
MOST_TOLD = 4
_SIGNS = {"out": -1, "in": 1}


def missing_effects(review: Review, account: str, receipt: Receipt) -> list[str]:
    """Return a sentence for each token that moved less than was shown; none if the card or the receipt has not all."""
    logs = readable_logs(receipt.logs or [])
    moved, is_whole = movements(logs)
    if review.more_changes or receipt.logs is None or len(logs) < len(receipt.logs) or not is_whole:
        return []
    shown = Counter[str]()
    first: dict[str, ReviewChange] = {}
    for each in filter(_is_logged, review.changes):
        asset, sign = (each.asset or "").lower(), _SIGNS.get(each.direction, 0)
        shown[asset] += sign * (1 if each.standard == "erc721" else int(each.amount or 0))
        first.setdefault(f"{asset} {sign}", each)
    real = _net(moved, account.lower())
    return [
        _sentence(first[key], real[asset])
        for asset, amount in shown.items()
        if (key := f"{asset} {1 if amount > 0 else -1}") in first and _is_missing(amount, real[asset])
    ][:MOST_TOLD]


def _is_logged(change: ReviewChange) -> bool:
    """A change of a balance that no log reported has no formatted amount, and no log will report it now."""
    return bool(change.asset) and (change.standard != "erc20" or change.formatted is not None)


def _net(moved: Sequence[Movement], account: str) -> Counter[str]:
    """A collection gives out its tokens in the order in which people ask, so only the number of them counts."""
    real = Counter[str]()
    for each in moved:
        units = 1 if each.standard == "erc721" else each.amount
        real[each.asset.lower()] += units * ((each.to.lower() == account) - (each.sender.lower() == account))
    return real


def _is_missing(shown: int, real: int) -> bool:
    sign = 1 if shown > 0 else -1
    return sign * real * 100 < sign * shown * LEAST_PERCENT


def _sentence(change: ReviewChange, real: int) -> str:
    how = "arrive" if change.direction == "in" else f"go to {change.to}"
    part = "less than half of it" if real else "nothing of it"
    return f"{change_in_words(change)} was shown to {how}, and {part} has."

"""What a transaction did not do although its card showed it: tokens did not arrive, or a payment was not made."""

from __future__ import annotations

from collections import Counter

from forge.models.counted_words import counted
from forge.models.wallet_review import Review, ReviewChange
from worker.agent.wallet.answer.asset_sums import (
    LEAST_PERCENT,
    MOST_TOLD,
    Asset,
    and_more,
    asset_of,
    lost,
    shown_units,
)
from worker.agent.wallet.request_in_words import change_in_words
from worker.ethereum.addresses import ZERO_ADDRESS
from worker.ethereum.simulated_effects import Effects


def missing_effects(review: Review, account: str, effects: Effects) -> list[str]:
    """Return a sentence for each token that moved less than was shown; none if the card or the receipt has not all."""
    if review.more_changes or effects.untold:
        return []
    shown = Counter[Asset]()
    first: dict[tuple[Asset, int], ReviewChange] = {}
    for each in filter(_is_logged, review.changes):
        asset, units = _expected(each), shown_units(each)
        shown[asset] += units
        first.setdefault((asset, _sign(units)), each)
    real = lost(effects.movements, account)
    for (token, number), units in list(real.items()):
        if number is not None and (token, number) not in shown:
            real[token, None] += units
    found = [
        _sentence(first[asset, _sign(units)], units, real[asset])
        for asset, units in shown.items()
        if units and _is_missing(first[asset, _sign(units)], units, real[asset])
    ]
    return [*found[:MOST_TOLD], *and_more(len(found) - MOST_TOLD, "more movement", "did not happen as shown")]


def _expected(change: ReviewChange) -> Asset:
    """A collection gives out new tokens in the order in which people ask, so only the number of them counts."""
    asset, number = asset_of(change)
    is_new = change.standard == "erc721" and change.sender.lower() == ZERO_ADDRESS
    return asset, None if is_new else number


def _is_logged(change: ReviewChange) -> bool:
    """A change of a balance that no log reported has no formatted amount, and no log will report it now."""
    return bool(change.asset) and (change.standard != "erc20" or change.formatted is not None)


def _sign(units: int) -> int:
    return (units > 0) - (units < 0)


def _is_missing(change: ReviewChange, shown: int, real: int) -> bool:
    least = 100 if change.standard == "erc721" else LEAST_PERCENT
    return _sign(shown) * real * 100 < abs(shown) * least


def _sentence(change: ReviewChange, shown: int, real: int) -> str:
    how = "arrive" if change.direction == "in" else f"go to {change.to}"
    moved = _sign(shown) * real
    if change.standard == "erc721" and abs(shown) > 1:
        count = f"only {moved}" if moved > 0 else "none"
        return f"{counted(abs(shown), 'token')} of {change.asset} were shown to {how}, and {count} did."
    part = "less than half of it" if moved > 0 else "nothing of it"
    what = change_in_words(change)
    return f"{what[:1].upper()}{what[1:]} was shown to {how}, and {part} has."

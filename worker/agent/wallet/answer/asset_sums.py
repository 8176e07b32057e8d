"""What an account has more or less of afterwards, by asset: as its card showed it, and as the block's logs tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from forge.models.counted_words import counted
from forge.models.wallet_review import ReviewChange
from worker.ethereum.simulated_logs import Movement, units_of

Asset = tuple[str, int | None]
"""The token's contract in lower case, and which of its tokens, if each counts for itself (ERC-721, ERC-1155)."""
LEAST_PERCENT = 50
"""Less than this part of what was shown is told: prices move between the simulation and the block."""
USUAL_FACTOR = 2
"""For the same reason, somewhat more of a shown asset may leave."""
_SIGNS = {"out": 1, "in": -1}
MOST_TOLD = 4
"""Maximum movements, and maximum rights, that are told."""


def asset_of(each: Movement | ReviewChange) -> Asset:
    number = each.amount if each.standard == "erc721" else each.token_id
    return (each.asset or "").lower(), None if number is None else int(number)


def shown_units(change: ReviewChange) -> int:
    """Return what was shown to leave. What was shown to arrive is negative."""
    return _SIGNS.get(change.direction, 0) * units_of(change.standard, change.amount)


def lost(moved: Iterable[Movement], account: str) -> Counter[Asset]:
    """Return what left `account`, without what came back. What arrived is negative."""
    found = Counter[Asset]()
    for each in moved:
        sign = (each.sender.lower() == account.lower()) - (each.to.lower() == account.lower())
        found[asset_of(each)] += sign * units_of(each.standard, each.amount)
    return found


def and_more(number: int, noun: str, clause: str) -> list[str]:
    """Return a sentence that says how many are left out, if any are."""
    return [f"Not told here: {counted(number, noun)} that {clause}."] if number > 0 else []

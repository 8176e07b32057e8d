"""Warnings about what a contract logs beyond what can be read or shown. Among many worthless movements, which any
contract can invent, the one that matters would not be seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from forge.models.counted_words import counted
from forge.models.wallet_review import ReviewChange, ReviewWarning
from worker.agent.wallet.review.findings import Found

MOST_CHANGES = 20
"""Maximum movements of a review."""


def left_out_warnings(found: Found, changes: Sequence[ReviewChange]) -> list[ReviewWarning]:
    simulation, warnings = found.simulation, list[ReviewWarning]()
    if simulation is None:
        return []
    if simulation.untold and simulation.asset_changes is not None:
        text = f"Not everything that it would do can be known, because {simulation.untold}: it may hide something."
        warnings.append(ReviewWarning(code="too_large", severity="danger", text=text))
    if _leave(changes[MOST_CHANGES:]) or (simulation.more_asset_changes and all(map(_leaves, changes))):
        more = counted(left_out_count(found, changes), "movement")
        text = f"More leaves your account than is shown here. Of {more} nothing is shown."
        warnings.append(ReviewWarning(code="not_all_shown", severity="danger", text=text))
    return warnings


def left_out_count(found: Found, changes: Sequence[ReviewChange]) -> int:
    """Return the number of movements that are not shown."""
    more = found.simulation.more_asset_changes if found.simulation else 0
    return more + max(0, len(changes) - MOST_CHANGES)


def _leave(changes: Sequence[ReviewChange]) -> bool:
    return any(map(_leaves, changes))


def _leaves(change: ReviewChange) -> bool:
    return change.direction == "out"

"""How many examples a property test tries, and which of many like rows a table's test does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings

SAMPLE = "sample"
"""The profile of `make test`."""
SEARCH = "search"
"""The profile of `make fuzz`."""
FAST = "fast"
"""The profile of `make test-fast`."""
Row = TypeVar("Row")
Other = TypeVar("Other")


def examples(count: int, in_search: int = 0) -> settings:
    """`count` says how many it takes to meet what is rare: `make test` tries a sixth of them, at least eight if there
    are so many, and `make fuzz` ten times as many, or `in_search`.
    """
    in_profile = {
        SAMPLE: max(count // 6, min(count, 8)),
        SEARCH: in_search or 10 * count,
        FAST: min(count, 5),
    }
    return settings(
        max_examples=in_profile.get(settings.get_current_profile_name(), count),
        suppress_health_check=[HealthCheck.too_slow],
    )


def sampled(rows: Sequence[Row], every: int) -> list[Row]:
    """Of like rows, `make test` tries one of each `every`, evenly and always the same; `make fuzz` tries them all.

    A test that calls this has the mark `hypothesis`, so that `make fuzz` runs it.
    """
    return [*rows] if _is_search() else [*rows[::every]]


def paired(rows: Sequence[Row], others: Sequence[Other], every: int) -> list[tuple[Row, Other]]:
    """Of the pairs, `make test` tries one of each `every`: if there are as many of each, every row is in some pair.
    `make fuzz` tries them all.
    """
    pairs = [(at + beside, row, other) for at, row in enumerate(rows) for beside, other in enumerate(others)]
    return [(row, other) for place, row, other in pairs if _is_search() or place % every == 0]


def _is_search() -> bool:
    return settings.get_current_profile_name() == SEARCH

"""How many examples a property test tries."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

SAMPLE = "sample"
"""The profile of `make test`."""
SEARCH = "search"
"""The profile of `make fuzz`."""
FAST = "fast"
"""The profile of `make test-fast`."""


def examples(count: int, in_search: int = 0) -> settings:
    """`count` says how many it takes to meet what is rare: `make test` tries a quarter of them, at least ten if there
    are so many, and `make fuzz` ten times as many, or `in_search`.
    """
    in_profile = {
        SAMPLE: max(count // 4, min(count, 10)),
        SEARCH: in_search or 10 * count,
        FAST: min(count, 5),
    }
    return settings(
        max_examples=in_profile.get(settings.get_current_profile_name(), count),
        suppress_health_check=[HealthCheck.too_slow],
    )

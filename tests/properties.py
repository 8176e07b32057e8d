"""How many examples a property test tries."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

SEARCH = "search"
"""The profile of `make fuzz`."""
FAST = "fast"
"""The profile of `make test-fast`."""


def examples(count: int, in_search: int = 0) -> settings:
    """For tests whose examples are slow: `count` in `make test`, ten times as many in `make fuzz`, or `in_search`."""
    in_profile = {SEARCH: in_search or 10 * count, FAST: min(count, 5)}
    return settings(
        max_examples=in_profile.get(settings.get_current_profile_name(), count),
        suppress_health_check=[HealthCheck.too_slow],
    )

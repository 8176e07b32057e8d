"""How many examples a property test tries."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

SEARCH = "search"
"""The profile of `make fuzz`."""


def examples(count: int, in_search: int = 0) -> settings:
    """For tests whose examples are slow: `count` in `make test`, ten times as many in `make fuzz`, or `in_search`."""
    is_search = settings.get_current_profile_name() == SEARCH
    return settings(
        max_examples=(in_search or 10 * count) if is_search else count,
        suppress_health_check=[HealthCheck.too_slow],
    )

"""Numbers among the variables that are no settings of the shared layer."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from forge.errors import InvalidRequest


def number(environment: Mapping[str, str], name: str, default: float) -> float:
    """Return the variable's value; the default if it is unset or empty. Raises `InvalidRequest`."""
    text = environment.get(name, "").strip()
    try:
        found = float(text or default)
    except ValueError:
        found = -1.0
    if not isfinite(found) or found < 0:
        raise InvalidRequest(f"{name} is “{text[:40]}”, which is not a number of zero or more.")
    return found

"""The clock that the parts of the system share."""

from __future__ import annotations

from collections.abc import Callable

Clock = Callable[[], int]
"""Epoch milliseconds."""

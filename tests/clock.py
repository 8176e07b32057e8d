"""A clock for tests."""

from __future__ import annotations

T0 = 1_800_000_000_000


class Clock:
    """Epoch milliseconds that move only when a test says so."""

    def __init__(self, now: int = T0) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds

"""How long to wait before another try: the wait grows up to a limit, with jitter so that clients do not return in
step.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """The n-th wait is drawn from the upper half of `first * 2**n`, at most `cap`."""

    first: float = 0.5
    """The first wait is at most this long, in seconds."""
    cap: float = 30.0
    """The longest wait, in seconds."""
    failures: int = 0
    """The number of waits since the last `reset`."""

    def next(self) -> float:
        ceiling = min(self.cap, self.first * 2 ** min(self.failures, 30))
        self.failures += 1
        return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter, no secret

    def reset(self) -> None:
        self.failures = 0

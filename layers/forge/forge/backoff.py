"""How long to wait before another attempt: longer each time, and each caller for another time.

The pauses have full jitter: each is drawn evenly from zero up to a limit that grows. So callers that have failed at the
same moment do not return at the same moment. A pause has half of its limit on average.
"""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Generator


def jittered(limit: float) -> float:
    """Return a random number of seconds up to `limit`."""
    return random.uniform(0, limit)  # noqa: S311  no secret


def pauses(
    first: float,
    *,
    growth: float = 2.0,
    longest: float = math.inf,
    tries: int | None = None,
    seconds: float = math.inf,
) -> Generator[float]:
    """Yield the seconds to wait before each further attempt.

    The limit of a pause is `first`, then `growth` times the one before, at most `longest`. There are pauses for as many
    attempts as `tries`. The last one ends `seconds` after the first attempt at the latest: it is cut off there, because
    the attempts would end early without it.
    """
    end, limit = time.monotonic() + seconds, first
    for _ in itertools.count() if tries is None else range(tries - 1):
        pause, rest = jittered(limit), end - time.monotonic()
        if rest > 0:
            yield min(pause, rest)
        if pause >= rest:
            return
        limit = min(limit * growth, longest)

"""Which failures are tried again, and how often: as botocore's standard mode does, with which a test compares this."""

from __future__ import annotations

import random
from collections.abc import Generator
from threading import Lock

from botocore.exceptions import ClientError

TRIES = 3
PAUSES_SECONDS = 3.0
"""The longest that the standard mode pauses between three tries: one second, then two."""

THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
TRANSIENT = frozenset({"ReplicatedWriteConflictException", "RequestTimeout", "RequestTimeoutException"})
"""The first one is DynamoDB's own, marked in its description as worth another try."""
STATUSES = frozenset({500, 502, 503, 504})
_THROTTLED_STATUS = 429

CAPACITY, COST, THROTTLED_COST, RETURNED = 500, 14, 5, 1
"""What further tries of one client may cost together; what one costs; and what a call that succeeds gives back."""


class Quota:
    """A client that fails all the time does not add to its service's load: its further tries are used up."""

    def __init__(self) -> None:
        self._left = CAPACITY
        self._changing = Lock()

    def allows(self, error: Exception) -> int:
        """What the try costs, which is taken; 0: there is none."""
        cost = _cost(error)
        with self._changing:
            if cost > self._left:
                return 0
            self._left -= cost
        return cost

    def succeeded(self, spent: int) -> None:
        if self._left < CAPACITY:
            with self._changing:
                self._left = min(CAPACITY, self._left + (spent or RETURNED))


def pauses() -> Generator[float]:
    """Seconds before each further try, with full jitter."""
    for number in range(TRIES - 1):
        yield random.uniform(0, 2**number)  # noqa: S311  spreads, decides nothing


def _cost(error: Exception) -> int:
    """Connections that fail are always worth another try."""
    if not isinstance(error, ClientError):
        return COST
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLED or status == _THROTTLED_STATUS:
        return THROTTLED_COST
    return COST if code in TRANSIENT or status in STATUSES else 0

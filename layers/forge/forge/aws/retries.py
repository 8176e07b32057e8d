"""Which failures are retried, and how often. The rules are those of botocore's standard mode; a test compares both."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as EndpointError

from forge.backoff import pauses

T = TypeVar("T")

TRIES = 3
FIRST_PAUSE_SECONDS = 1.0
PAUSES_SECONDS = 3.0
"""The longest total pause of the standard mode between three tries: one second, then two."""

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
"""The first code is DynamoDB's own; its service description marks it as retryable."""
STATUSES = frozenset({500, 502, 503, 504})
_THROTTLED_STATUS = 429

CAPACITY, COST, THROTTLED_COST, RETURNED = 500, 14, 5, 1
"""The retry quota of one client, the cost of a retry, that of one after throttling, and what a successful call
returns.
"""


class Quota:
    """The retry quota. A client whose calls keep failing uses it up, and then adds no retries to its service's load."""

    def __init__(self) -> None:
        self._left = CAPACITY
        self._changing = Lock()

    def tried(self, ask: Callable[[], T]) -> T:
        """Repeat `ask` after failures that may be temporary. Raises the error of the last attempt."""
        spent = 0
        for pause in pauses(FIRST_PAUSE_SECONDS, tries=TRIES):
            try:
                answer = ask()
            except (ClientError, HTTPClientError, EndpointError) as error:
                if not (spent := self.allows(error)):
                    raise
                time.sleep(pause)
            else:
                self.succeeded(spent)
                return answer
        answer = ask()
        self.succeeded(spent)
        return answer

    def allows(self, error: Exception) -> int:
        """Take the cost of a retry from the quota and return it; return 0 if the quota does not allow a retry."""
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


def _cost(error: Exception) -> int:
    """Connection errors can always be retried."""
    if not isinstance(error, ClientError):
        return COST
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLED or status == _THROTTLED_STATUS:
        return THROTTLED_COST
    return COST if code in TRANSIENT or status in STATUSES else 0

"""The settings of a laptop that differ from the template's defaults."""

from __future__ import annotations

import time
from collections.abc import Mapping

HERE = {
    "WORKER_STOP_SECONDS": "1",
    "WORKER_HEARTBEAT": "",
    "ANONYMOUS_IDS": "any",
    "OWNER_TOKENS_PER_DAY": "0",
    "DEPLOYMENT_REQUESTS_PER_DAY": "0",
    "DEPLOYMENT_STREAMS_PER_DAY": "0",
    "DEPLOYMENT_SESSIONS_PER_DAY": "0",
    "DEPLOYMENT_TOKENS_PER_DAY": "0",
    "DEPLOYMENT_SENDS_PER_DAY": "0",
    "POLICY_OWNER_SEND_LIMIT_PER_DAY": "",
    "POLICY_DEPLOYMENT_SEND_LIMIT_PER_DAY": "",
}
"""Defaults unless a variable is exported: a worker that is stopped hands its runs over before it is killed, the user
may name sessions freely, and there are no daily limits.
"""

WORKER_HERE = {"LOG_ERROR_TEXTS": "true"}
"""Default settings of a worker here that the template does not know, unless the developer sets others."""


def of_new_worker(developers: Mapping[str, str]) -> dict[str, str]:
    """Return the developer's variables with the defaults and the time of a worker that is started now."""
    return {**WORKER_HERE, **developers, "WORKER_STARTED_AT": _now_ms()}


def workers_since_now() -> dict[str, str]:
    """Return the variable that tells a worker since when the others run, for the table may be of an earlier start."""
    return {"OTHER_WORKERS_SINCE": _now_ms()}


def _now_ms() -> str:
    return str(int(time.time() * 1_000))

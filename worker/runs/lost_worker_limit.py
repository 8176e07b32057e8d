"""Decides whether a run is given up because too many workers were lost while they executed it.

At each claim, `forge.store.running.lost_workers` decides whether the worker that was lost counts against the run
(`ActiveRun.strikes`).
"""

from __future__ import annotations

from forge.models.run import ActiveRun

LOST_WORKERS_LIMIT = 3
"""A run is given up after so many lost workers that count against it."""


def is_given_up(run: ActiveRun) -> bool:
    return run.strikes >= LOST_WORKERS_LIMIT

"""When a soak ends, and how many faults it injects."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """When a soak ends, and how many faults it injects."""

    minutes: float = 10
    """The soak ends after this time at the latest."""
    messages: int = 1_000_000
    """The soak ends after this number of messages at the latest."""
    sessions: int = 24
    """The sessions that run at a time; each has ten messages, and then another begins."""
    kill_seconds: float = 5
    """The mean time between two process faults, in seconds."""
    workers: int = 3
    """The number of workers."""
    freezes: float = 0.25
    """The share of process faults that only freeze a worker, for longer than the lease."""
    jumps: float = 0.15
    """The share of process faults that only move a worker's wall clock by an hour, ahead or back, and then set it
    right.
    """
    newer: float = 0.05
    """The share of messages after which the session's items are changed as a newer version would leave them."""
    damaged: float = 0.01
    """The share of messages after which one item of the session is damaged."""
    deploy_seconds: float = 30
    """A deployment begins this long after the one before it; 0: no deployments."""
    lasting: float = 0.06
    """The share of messages whose answers take a quarter of a minute, so that deployments occur during them."""
    process_faults: int = 1_000_000
    """The largest number of process faults."""
    seed: int = 1
    """The seed of the random numbers."""
    trace: str = ""
    """A file for everything that is known of the sessions with violations."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Plan:
        usual = cls()
        return cls(
            minutes=float(given.get("MINUTES") or (600 if "MESSAGES" in given else usual.minutes)),
            messages=int(given.get("MESSAGES") or usual.messages),
            sessions=int(given.get("SESSIONS") or usual.sessions),
            kill_seconds=float(given.get("KILL_SECONDS") or usual.kill_seconds),
            workers=int(given.get("WORKERS") or usual.workers),
            freezes=float(given.get("FREEZES") or usual.freezes),
            jumps=float(given.get("JUMPS") or usual.jumps),
            newer=float(given.get("NEWER") or usual.newer),
            damaged=float(given.get("DAMAGED") or usual.damaged),
            deploy_seconds=float(given.get("DEPLOY_SECONDS") or usual.deploy_seconds),
            lasting=float(given.get("LASTING") or usual.lasting),
            seed=int(given.get("SEED") or usual.seed),
            trace=given.get("TRACE", ""),
        )

    def goes_on(self, began: float, accepted: int) -> bool:
        return time.monotonic() - began < self.minutes * 60 and accepted < self.messages

"""Faults: where one occurs (a crossing, before or after it takes effect), for which session, and of which kind."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bench.soak.crossings import Call

Moment = Literal["before", "during", "after"]
Kind = Literal[
    "kill", "freeze", "error", "throttle", "delay", "duplicate", "ahead", "behind", "newer", "damage"
]
"""`ahead`, `behind`: the caller's wall clock jumps. `newer`, `damage`: items of a session are changed in the
table. These have an action of their own.
"""
Deed = Callable[[Call], None]

FREEZE_SECONDS = 9.0
"""Longer than a lease, a message's visibility timeout and the time for which a waking worker retries
(`forge.models.timing`).
"""
JUMP_SECONDS = 3_600
"""How far a worker's wall clock jumps ahead or back."""
REPEATS = 4
"""How often an error or a throttle is returned, because the AWS client itself tries three times."""


@dataclass
class Fault:
    """A fault that waits for its request. It ignores `skip` requests, then occurs `left` times."""

    crossing: str
    """The purpose of the request; `*` for any."""
    moment: Moment
    """Whether it occurs before, during or after the request takes effect."""
    kind: Kind
    """What happens."""
    ref: str = ""
    """The reference of the session or message that the fault is for; empty for any."""
    left: int = 1
    """How often it still occurs."""
    skip: int = 0
    """How many matching requests it still ignores."""
    clients: tuple[str, ...] = ("worker-1", "worker-2")
    """The processes whose requests it is for."""
    seconds: float = 0
    """The duration of a delay."""
    deed: Deed | None = None
    """This runs in a thread; then the request continues."""
    fired: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it has occurred."""

    def meets(self, call: Call, moment: Moment, refs: frozenset[str]) -> bool:
        return (
            self.left > 0
            and self.moment == moment
            and self.crossing in (call.crossing, "*")
            and call.client in self.clients
            and (not self.ref or self.ref in refs)
        )


@dataclass
class RequestFaults:
    """Random faults of the workers' requests; each share is between 0 and 1."""

    seed: int = 0
    """The seed of the random numbers."""
    error: float = 0
    """The share of requests that fail."""
    throttle: float = 0
    """The share of requests that are throttled."""
    delay: float = 0
    """The share of requests that are delayed."""
    cut: float = 0
    """The share of requests whose connection is cut."""
    duplicate: float = 0
    """The share of requests that are sent twice."""
    counts: Counter[str] = field(default_factory=Counter[str])
    """How often each kind of fault has occurred."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def fault(self, call: Call, moment: Moment) -> Fault | None:
        """An LLM's answer is not cut, because shown text cannot be requested again, so the run would fail."""
        if call.service == "llm" and moment != "before":
            return None
        kinds: dict[Kind, float] = (
            {"error": self.error, "throttle": self.throttle, "delay": self.delay}
            if moment == "before"
            else {"error": self.cut, "duplicate": self.duplicate}
        )
        at = self._random.random()
        for kind, share in kinds.items():
            if at < share:
                self.counts[f"{kind} {moment}"] += 1
                return Fault(call.crossing, moment, kind, seconds=self._random.uniform(0.05, 0.8))
            at -= share
        return None

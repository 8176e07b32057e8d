"""Simulates each second: messages arrive, workers take them, and the scaling rules are applied once a minute."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bench.capacity.scaling import MINUTE, Point, Rules, Scaler

START_SECONDS = 60
"""Seconds from the decision until a Fargate task receives messages: placement, image, and our own start. This is
assumed, because without an account only our own start can be measured.
"""


@dataclass(slots=True)
class Minute:
    """One simulated minute."""

    messages: int
    """The messages that arrived."""
    oldest: int
    """The age of the oldest message that was taken, in seconds."""
    running: int
    """The most runs at once."""
    waiting: int
    """The messages that waited at the end of the minute."""
    workers: int
    """The number of workers."""
    cpu: float
    """The workers' processor time, in percent of what they have."""


@dataclass(slots=True)
class Outcome:
    """What was simulated."""

    minutes: list[Minute] = field(default_factory=list[Minute])
    """The simulated minutes, in order."""
    ages: dict[int, Counter[int]] = field(default_factory=dict[int, Counter[int]])
    """How many messages waited how many seconds, by hour of the simulated time."""
    worker_seconds: int = 0
    """The seconds for which workers ran, added up."""
    left: int = 0
    """The number of messages that still wait at the end."""

    def age(self, percent: float, hours: Iterable[int] | None = None) -> int:
        """Return seconds, of the named hours or of all hours."""
        found = Counter[int]()
        for hour in self.ages if hours is None else hours:
            found.update(self.ages.get(hour, {}))
        left = found.total() * (1 - percent / 100)
        for seconds in sorted(found, reverse=True):
            left -= found[seconds]
            if left < 0:
                return seconds
        return 0


@dataclass(slots=True)
class Model:
    """The simulated deployment."""

    rules: Rules
    """The scaling rules."""
    durations: Callable[[int], list[int]]
    """Returns the durations, in seconds, of the turns that begin in a second."""
    workers: int
    """The number of workers that run from the beginning."""
    cpu_seconds: float
    """The processor time of a worker for a second of one run, in seconds."""
    start: int = START_SECONDS
    """The seconds until a new worker receives messages."""
    outcome: Outcome = field(default_factory=Outcome)
    """What has been simulated so far."""

    def run(self, arrivals: Iterable[int]) -> Outcome:
        scaler, coming = Scaler(self.rules, self.workers), deque[int]()
        waiting, ends = deque[list[int]](), Counter[int]()
        queued = running = messages = oldest = most = 0
        workers, outcome = self.workers, self.outcome
        for second, arrived in enumerate(arrivals):
            running -= ends.pop(second, 0)
            while coming and coming[0] <= second:
                coming.popleft()
                workers += 1
            if arrived:
                waiting.append([second, arrived])
                queued, messages = queued + arrived, messages + arrived
            free = workers * self.rules.places - running
            while waiting and free > 0:
                since, count = waiting[0]
                taken = min(count, free)
                ages = outcome.ages.setdefault(second // 3_600, Counter())
                ages[second - since] += taken
                oldest = max(oldest, second - since)
                for duration in self.durations(taken):
                    ends[second + duration] += 1
                running, queued, free = running + taken, queued - taken, free - taken
                waiting[0][1] -= taken
                if not waiting[0][1]:
                    waiting.popleft()
            most = max(most, running)
            outcome.worker_seconds += workers + len(coming)
            if second % MINUTE == MINUTE - 1:
                cpu = 100 * running * self.cpu_seconds / max(workers * self.rules.vcpu, 1e-9)
                outcome.minutes.append(Minute(messages, oldest, most, queued, workers, cpu))
                wanted = scaler.minute(second, Point(queued, running, workers, min(cpu, 100)))
                while workers + len(coming) < wanted:
                    coming.append(second + self.start)
                if workers > wanted:
                    workers = wanted
                messages = oldest = most = 0
        outcome.left = queued
        return outcome


def drawing(draw: Callable[[int, random.Random], list[int]], seed: int) -> Callable[[int], list[int]]:
    choose = random.Random(seed)
    return lambda count: draw(count, choose)

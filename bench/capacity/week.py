"""The simulated week at one size: how long messages waited, how many workers ran, and what it costs."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from bench.capacity import money
from bench.capacity.load import DAY_SECONDS, WEEK_SECONDS, Load
from bench.capacity.model import Minute, Model, Outcome, drawing
from bench.capacity.quotas import Peak, Turn
from bench.capacity.scaling import MINUTE, Rules, rules

SIZES = (1_000, 10_000, 100_000, 1_000_000)
SEED = 15
AFTER_MINUTES = 120
"""Seconds after the burst until its workers have been removed."""
USUAL_ROOM = 2.0
"""`WorkerCountMax` in proportion to the workers of the week's busiest usual minute."""


@dataclass(frozen=True, slots=True)
class Week:
    """The result of one simulated week; ages in seconds."""

    conversations: int
    """The mean number of conversations in a day."""
    rules: Rules
    """The scaling rules."""
    outcome: Outcome
    """What was simulated."""
    age_usual: int
    """The 99th percentile of the messages' ages, without the hours of the burst."""
    age_burst: int
    """The 99th percentile of the messages' ages in the hours of the burst."""
    oldest: int
    """The largest age."""
    usual: Peak
    """The busiest minute without the burst."""
    burst: Peak
    """The busiest minute of the burst."""
    dollars: float
    """The price of a day in US dollars."""

    @property
    def workers(self) -> tuple[int, int]:
        counts = [minute.workers for minute in self.outcome.minutes]
        return min(counts), max(counts)


def most_workers(load: Load, conversations: float, target: float) -> int:
    """Return a number with which twice the busiest usual minute is within the target."""
    busiest = max(load.usual_rate(second, conversations) for second in range(0, WEEK_SECONDS, MINUTE))
    return max(4, math.ceil(USUAL_ROOM * busiest * load.mean_duration / target))


def week(conversations: int, load: Load, turn: Turn) -> Week:
    most = most_workers(load, conversations, rules().target)
    chosen = rules(WorkerCountMax=str(most))
    cpu = turn.cpu_seconds / load.mean_duration
    first = max(
        chosen.least, math.ceil(load.usual_rate(0, conversations) * load.mean_duration / chosen.target)
    )
    model = Model(chosen, drawing(load.draw, SEED), first, cpu)
    outcome = model.run(load.arrivals(conversations, random.Random(SEED)))
    burst_hours = range(load.burst_begins // 3_600, load.burst_ends // 3_600 + 1)
    burst_minutes = range(load.burst_begins // MINUTE, load.burst_ends // MINUTE + AFTER_MINUTES)
    quiet = [minute for number, minute in enumerate(outcome.minutes) if number not in burst_minutes]
    turns = sum(minute.messages for minute in outcome.minutes) / 7
    hours = outcome.worker_seconds / 3_600 / 7
    return Week(
        conversations=conversations,
        rules=chosen,
        outcome=outcome,
        age_usual=outcome.age(99, set(outcome.ages) - set(burst_hours)),
        age_burst=outcome.age(99, burst_hours),
        oldest=max(minute.oldest for minute in outcome.minutes),
        usual=_peak(quiet, load, turn, chosen),
        burst=_peak(outcome.minutes, load, turn, chosen),
        dollars=money.day(chosen, turns, turns / load.messages_per_conversation, hours),
    )


def _peak(minutes: list[Minute], load: Load, turn: Turn, chosen: Rules) -> Peak:
    turns = max(minute.messages for minute in minutes) / MINUTE
    return Peak(
        turns=turns,
        conversations=turns / load.messages_per_conversation,
        runs=max(minute.running for minute in minutes),
        workers=max(minute.workers for minute in minutes),
        vcpu=chosen.vcpu,
        turn=turn,
    )


def burst_day(found: Week, load: Load) -> list[Minute]:
    """Return the minutes of the day that has the burst."""
    first = load.burst_begins // DAY_SECONDS * DAY_SECONDS // MINUTE
    return found.outcome.minutes[first : first + DAY_SECONDS // MINUTE]

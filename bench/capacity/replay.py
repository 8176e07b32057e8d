"""Plays a peak hour of the simulated week at a tenth of its size on real workers, to check the model.

The same messages, at the same seconds, go through the model and through an emulator, gateways and workers on this
computer, whose LLM answers by a script. The template's rules, applied to the queue's own counts, start workers here
as Application Auto Scaling would.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from bench.capacity.load import Load
from bench.capacity.model import START_SECONDS, Model, Outcome
from bench.capacity.quotas import Turn
from bench.capacity.scaling import MINUTE, Point, Rules, Scaler
from bench.soak.conversation import Script, Talker
from bench.soak.rig import Rig, running_rig
from bench.soak.settings import QUIET
from bench.soak.wires import wiring_of
from forge.settings import Settings
from local_dev.aws.create_tables import client

SHARE = 0.1
WORDS = 20
LEAD_SECONDS = 30
"""Seconds of the usual peak before the burst begins."""
DRAIN_SECONDS = 240
"""Seconds for which the model continues after the last message."""
CLAIMS = frozenset({"runs.claim"})
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the week that is played."""

    arrivals: tuple[int, ...]
    """The number of messages in each second."""
    durations: tuple[int, ...]
    """The duration of each turn in seconds, in the order of arrival."""

    @classmethod
    def of(cls, load: Load, conversations: float, seconds: int, seed: int) -> Part:
        choose = random.Random(seed)
        first = load.burst_begins - LEAD_SECONDS
        arrivals = tuple(load.arrivals(conversations * SHARE, choose, range(first, first + seconds)))
        return cls(arrivals, tuple(load.draw(sum(arrivals), choose)))


@dataclass(slots=True)
class Replayed:
    """What was measured; lists have one value for each second unless they say otherwise."""

    ages: list[float] = field(default_factory=list[float])
    """The seconds from acceptance to claim, for each message."""
    workers: list[int] = field(default_factory=list[int])
    """The number of workers."""
    runs: list[int] = field(default_factory=list[int])
    """The number of runs, as the queue counts them."""
    waiting: list[int] = field(default_factory=list[int])
    """The number of waiting messages, as the queue counts them."""
    cpu_seconds: float = 0
    """The processor time of all workers, in seconds."""
    turns: int = 0
    """The number of turns that ended."""

    def age(self, percent: float) -> float:
        ordered = sorted(self.ages)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def predicted(part: Part, rules: Rules, workers: int, turn: Turn, mean_duration: float) -> Outcome:
    """Return the model's result for the same messages, until the last ones have been taken."""
    left = iter(part.durations)
    model = Model(
        rules,
        lambda count: [next(left) for _ in range(count)],
        workers,
        turn.cpu_seconds / mean_duration,
    )
    return model.run([*part.arrivals, *[0] * DRAIN_SECONDS])


async def replay(part: Part, rules: Rules, workers: int) -> Replayed:
    settings = {**QUIET, "WORKER_CONCURRENCY": str(rules.places)}
    async with running_rig(settings, workers=workers) as rig:
        found, began = Replayed(), time.monotonic()
        beside = [
            asyncio.create_task(_scale(rig, rules, workers, found), name="scaling"),
            asyncio.create_task(_count(rig, found), name="counting"),
        ]
        talkers = list[Talker]()
        async with asyncio.TaskGroup() as group:
            left = iter(part.durations)
            for second, count in enumerate(part.arrivals):
                await asyncio.sleep(max(0.0, began + second - time.monotonic()))
                for _ in range(count):
                    talkers.append(talker := Talker(rig, len(talkers)))
                    group.create_task(_ask(talker, next(left)), name=f"person {len(talkers)}")
        for task in beside:
            task.cancel()
        ends = await asyncio.gather(*beside, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end
        found.ages, found.turns = _ages(rig, talkers), len(talkers)
        found.cpu_seconds = sum(map(cpu_of, rig.proxy.pids.values()))
    return found


async def _ask(talker: Talker, seconds: int) -> None:
    words = " ".join(["word"] * WORDS)
    script = Script(talker.next_ref(), ((words, ""),), pause=seconds / WORDS)
    async with asyncio.timeout(seconds + PATIENCE_SECONDS), talker.client:
        await talker.ended(await talker.say(script), seconds + PATIENCE_SECONDS)


async def _scale(rig: Rig, rules: Rules, workers: int, found: Replayed) -> None:
    """Apply the rules once a minute to the queue's counts. A new worker receives as late as one on Fargate."""
    scaler, began = Scaler(rules, workers), time.monotonic()
    async with asyncio.TaskGroup() as group:
        for minute in range(1, 1_000):
            await asyncio.sleep(max(0.0, began + minute * MINUTE - time.monotonic()))
            waiting, held = await asyncio.to_thread(_counts, rig)
            before = scaler.desired
            wanted = scaler.minute(minute * MINUTE, Point(waiting, held, len(rig.workers), 0))
            print(
                f"{minute:3d} min  {waiting} wait, {held} go on, {len(rig.workers)} workers, {wanted} wanted",
                flush=True,
            )
            for number in range(before, wanted):
                group.create_task(_start(rig, f"worker-{number + 1}"), name=f"start {number + 1}")


async def _start(rig: Rig, name: str) -> None:
    await asyncio.sleep(START_SECONDS)
    await rig.start_worker(name)


async def _count(rig: Rig, found: Replayed) -> None:
    while True:
        waiting, held = await asyncio.to_thread(_counts, rig)
        found.workers.append(len(rig.workers))
        found.runs.append(held)
        found.waiting.append(waiting)
        await asyncio.sleep(1)


def _counts(rig: Rig) -> tuple[int, int]:
    """Return waiting messages and messages that a worker holds, as SQS's metrics count them."""
    wiring = wiring_of("", rig.environment)
    queue = Settings.from_environment(wiring.worker_environment()).forge_queue_url
    told = client("sqs", rig.aws).get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return int(told["ApproximateNumberOfMessages"]), int(told["ApproximateNumberOfMessagesNotVisible"])


def _ages(rig: Rig, talkers: Sequence[Talker]) -> list[float]:
    claims = dict[str, float]()
    for event in rig.proxy.history:
        if event.crossing in CLAIMS and event.what == "applied":
            for ref in event.refs:
                claims.setdefault(ref, event.at)
    accepted = {talker.talk.ref: said.accepted_at for talker in talkers for said in talker.talk.said}
    return [max(0.0, claims[ref] - at) for ref, at in accepted.items() if ref in claims]


def cpu_of(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(replayed: Replayed, outcome: Outcome) -> list[str]:
    """Return rows: the model's figures and the measured ones."""
    minutes = outcome.minutes
    rows = [
        ("messages", f"{sum(minute.messages for minute in minutes)}", f"{replayed.turns}"),
        ("backlog age p50", f"{outcome.age(50)} s", f"{replayed.age(50):.1f} s"),
        ("backlog age p90", f"{outcome.age(90)} s", f"{replayed.age(90):.1f} s"),
        ("backlog age p99", f"{outcome.age(99)} s", f"{replayed.age(99):.1f} s"),
        ("oldest", f"{max(minute.oldest for minute in minutes)} s", f"{max(replayed.ages, default=0):.1f} s"),
        ("runs at once, most", f"{max(minute.running for minute in minutes)}", f"{max(replayed.runs)}"),
        ("workers, most", f"{max(minute.workers for minute in minutes)}", f"{max(replayed.workers)}"),
        ("worker's CPU for a turn", "", f"{replayed.cpu_seconds / max(replayed.turns, 1):.3f} s"),
        ("first new worker after", f"{_first_more_minutes(outcome)} s", f"{_first_more(replayed.workers)} s"),
    ]
    return [
        "| | the model | real workers |",
        "| --- | --- | --- |",
        *(f"| {a} | {b} | {c} |" for a, b, c in rows),
    ]


def _first_more(workers: Sequence[int]) -> int:
    return next((second for second, (was, now) in enumerate(pairwise(workers)) if now > was), 0)


def _first_more_minutes(outcome: Outcome) -> int:
    counts = [minute.workers for minute in outcome.minutes]
    return next((MINUTE * number for number, (was, now) in enumerate(pairwise(counts)) if now > was), 0)

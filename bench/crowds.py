"""Many people at once, against the application and then against the bare server: latencies, processor time, memory."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import chain

from bench.figures import Figure, percentile
from bench.floor_process import Floor, floor_people, llm_alone, running_floor
from bench.people import UNLIMITED, Asking, one_after_the_other, people, script, words
from bench.processes import by_kind, cpu_seconds, most_memory, tree_seconds, workers_ready
from local_dev.options import usual_workers
from local_dev.stack_process import RunningStack, running_stack

PATIENCE_SECONDS = 150.0
"""How long a person waits for the end of an answer; a slow answer is not an error."""
LATE_SECONDS = 2.0
"""A person who waits longer than this for a first text has waited for a place."""
FLOOR_SECONDS = 15.0
"""The longest answer of the bare server, which answers each person once: its figures do not change with more."""
ALONE_SECONDS = 1.0
"""Seconds for which the scripted LLM runs alone."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """A number of people who chat at once."""

    users: int
    """The number of people."""
    turns: int
    """The messages of each person, one after the other."""
    tokens: int
    """The length of each answer, in tokens."""
    per_second: float
    """The speed of each answer, in tokens per second."""
    begin_within: float
    """The seconds within which all begin, one after the other, as real people do."""

    @property
    def says(self) -> str:
        return script(self.tokens, self.per_second)

    @property
    def all_tokens(self) -> int:
        return self.users * self.turns * self.tokens


@dataclass(frozen=True, slots=True)
class Seen:
    """The result of one crowd at one server."""

    first_texts: Sequence[float]
    """The times from each message to its first text, in milliseconds."""
    gaps: Sequence[float]
    """The times between two texts of an answer, in milliseconds."""
    errors: Mapping[str, int]
    """How often each kind of error occurred."""
    used: Mapping[str, float]
    """The processor time in seconds, by kind of process."""
    client: float
    """The processor time of the people's own process, in seconds."""
    memory: float
    """The largest memory of all servers together, in MB."""

    def per_thousand(self, crowd: Crowd) -> float:
        return sum(self.used.values()) / crowd.all_tokens * 1_000

    def client_per_thousand(self, crowd: Crowd) -> float:
        return self.client / crowd.all_tokens * 1_000


@asynccontextmanager
async def application(settings: Mapping[str, str] | None = None) -> AsyncGenerator[RunningStack]:
    """Start as many workers as `make run` does."""
    environment = {**UNLIMITED, "FORGE_WORKERS": str(usual_workers()), **(settings or {})}
    async with running_stack(environment) as stack:
        await workers_ready(stack, int(environment["FORGE_WORKERS"]))
        yield stack


async def at_application(crowd: Crowd) -> Seen:
    """Use an application that is started for this crowd."""
    async with application() as stack:
        return await at_stack(stack, crowd)


async def at_stack(stack: RunningStack, crowd: Crowd) -> Seen:
    async with people(stack, crowd.users) as persons, most_memory(stack.process.pid) as most:
        for person in persons:
            person.says, person.expected = crowd.says, words(crowd.tokens)
            person.patience = PATIENCE_SECONDS
        before, client = cpu_seconds(stack), time.process_time()
        await _chat(persons, crowd)
        client = time.process_time() - client
        used = {name: value - before.get(name, 0) for name, value in cpu_seconds(stack).items()}
    return _seen(persons, by_kind(used), client, most.memory)


async def at_floor(crowd: Crowd) -> Seen:
    async with running_floor() as floor:
        return await at_bare_server(floor, crowd)


async def at_bare_server(floor: Floor, crowd: Crowd) -> Seen:
    async with floor_people(floor, crowd.users, crowd.says) as persons, most_memory(floor.pid) as most:
        before, client = tree_seconds(floor.pid), time.process_time()
        await _chat(persons, crowd)
        client = time.process_time() - client
        used = {"floor": tree_seconds(floor.pid) - before}
    return _seen(persons, used, client, most.memory)


async def _chat(persons: Sequence[Asking], crowd: Crowd) -> None:
    async def one(number: int, person: Asking) -> None:
        await asyncio.sleep(number / crowd.users * crowd.begin_within)
        await one_after_the_other(person, crowd.turns)

    await asyncio.gather(*(one(number, person) for number, person in enumerate(persons)))


def _seen(persons: Sequence[Asking], used: Mapping[str, float], client: float, memory: float) -> Seen:
    heard = [person.heard for person in persons]
    return Seen(
        first_texts=[value for each in heard for value in each.first_texts],
        gaps=[value for each in heard for value in each.gaps],
        errors=Counter(chain.from_iterable(each.errors for each in heard)),
        used=used,
        client=client,
        memory=memory,
    )


def latencies(seen: Seen, floor: Seen, budgets: Mapping[str, float]) -> list[Figure]:
    """`budgets`: by the name of a figure."""
    figures = [
        Figure(f"{what}, p{part}", percentile(ours, part), "ms", floor=percentile(bare, part))
        for what, ours, bare in (
            ("first text", seen.first_texts, floor.first_texts),
            ("gap between frames", seen.gaps, floor.gaps),
        )
        for part in (50, 99)
    ]
    late = sum(value > LATE_SECONDS * 1_000 for value in seen.first_texts)
    counts = [
        Figure(f"first texts after more than {LATE_SECONDS:g} s", float(late), ""),
        Figure("errors", float(sum(seen.errors.values())), ""),
    ]
    return [_with_budget(figure, budgets) for figure in [*figures, *counts]]


async def costs(
    crowd: Crowd, seen: Seen, few: Crowd, floor: Seen, budgets: Mapping[str, float]
) -> list[Figure]:
    """Processor time, with the client's and the scripted LLM's shown separately; the scripted LLM runs inside the
    workers.
    """
    tokens = max(1, round(crowd.per_second * ALONE_SECONDS)) if crowd.per_second else crowd.tokens
    llm = await llm_alone(crowd.users, tokens, crowd.per_second)
    turns = crowd.users * crowd.turns
    figures = [
        Figure("servers, for 1,000 tokens", seen.per_thousand(crowd), "s", floor=floor.per_thousand(few)),
        *(
            Figure(f"{kind}, for a turn", used / turns * 1_000, "ms")
            for kind, used in sorted(seen.used.items(), key=lambda each: -each[1])
        ),
        Figure("the scripted LLM alone, for 1,000 tokens", llm, "s"),
        Figure(
            "the client, for 1,000 tokens",
            seen.client_per_thousand(crowd),
            "s",
            floor=floor.client_per_thousand(few),
        ),
        Figure("memory of all servers, most", seen.memory, "MB", floor=floor.memory),
    ]
    return [_with_budget(figure, budgets) for figure in figures]


async def beside_floor(crowd: Crowd, budgets: Mapping[str, float]) -> list[Figure]:
    seen = await at_application(crowd)
    few = replace(crowd, turns=1, tokens=min(crowd.tokens, round(crowd.per_second * FLOOR_SECONDS)))
    floor = await at_floor(few)
    if seen.errors:
        print(f"errors of {crowd.users} people: {dict(seen.errors)}", flush=True, file=sys.stderr)
    return [*latencies(seen, floor, budgets), *await costs(crowd, seen, few, floor, budgets)]


def _with_budget(figure: Figure, budgets: Mapping[str, float]) -> Figure:
    return replace(figure, budget=budgets.get(figure.name, figure.budget))

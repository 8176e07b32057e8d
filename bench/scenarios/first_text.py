"""Added time to first token: from the POST to the first text at the socket, with an LLM that needs no time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain

from bench.figures import Figure, percentile
from bench.floor_process import FloorPerson, floor_people, running_floor
from bench.people import UNLIMITED, Heard, one_after_the_other, people, with_pauses
from bench.suite import Scenario, Size
from local_dev.stack_process import RunningStack, running_stack

BUDGETS = {"1 user: first text, p50": 12.0, "1 user: first text, p99": 25.0}
MESSAGES = 10
MANY = 50
PAUSE_SECONDS = 2.0


async def measure(size: Size) -> list[Figure]:
    async with running_stack(UNLIMITED) as stack:
        one = await one_user(stack, size.of(10, 2))
        many = await many_users(stack, size.of(6, 1))
    bare = {figure.name: figure.value for figure in await _floor(size.of(10, 2))}
    return [
        Figure(each.name, each.value, each.unit, BUDGETS.get(each.name, each.budget), bare.get(each.name))
        for each in one + many
    ]


async def one_user(stack: RunningStack, conversations: int) -> list[Figure]:
    """One conversation after the other, of ten messages each."""
    had: list[Heard] = []
    for _ in range(conversations):
        async with people(stack, 1) as (person,):
            await one_after_the_other(person, MESSAGES)
            had.append(person)
    return _figures("1 user", had)


async def many_users(stack: RunningStack, messages: int) -> list[Figure]:
    """Each person sends a message about every other second, as busy people do; then all send in the same instant."""
    async with people(stack, MANY) as everybody:
        await asyncio.gather(*(with_pauses(person, messages, PAUSE_SECONDS) for person in everybody))
        steady = _figures(f"{MANY} users, {MANY / PAUSE_SECONDS:.0f} messages/s", everybody)
        for person in everybody:
            person.forget()
        await asyncio.gather(*(person.ask() for person in everybody))
        return steady + _figures(f"{MANY} users at the same instant", everybody)


async def _floor(conversations: int) -> list[Figure]:
    had: list[FloorPerson] = []
    async with running_floor() as floor:
        for _ in range(conversations):
            async with floor_people(floor, 1) as (person,):
                await one_after_the_other(person, MESSAGES)
                had.append(person)
        async with floor_people(floor, MANY) as everybody:
            await asyncio.gather(*(person.ask() for person in everybody))
            at_once = _figures(f"{MANY} users at the same instant", everybody)
    return _figures("1 user", had) + at_once


def _figures(who: str, persons: Sequence[Heard]) -> list[Figure]:
    firsts = list(chain.from_iterable(person.first_texts for person in persons))
    answers = list(chain.from_iterable(person.answers for person in persons))
    errors = sum(len(person.errors) for person in persons)
    return [
        *(Figure(f"{who}: first text, p{part}", percentile(firsts, part), "ms") for part in (50, 95, 99)),
        *(Figure(f"{who}: whole answer, p{part}", percentile(answers, part), "ms") for part in (50, 95)),
        Figure(f"{who}: errors", float(errors), "", 0),
    ]


SCENARIO = Scenario("Added time to first token, and to the whole answer of 20 tokens", measure, rounds=2)

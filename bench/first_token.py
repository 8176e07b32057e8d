"""Added time to first token: from the POST to the first text at the socket, with an LLM that takes no time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bench.figures import Figure, percentile
from bench.people import Person, one_after_the_other, people, with_pauses
from local_dev.stack_process import RunningStack

ONE_USER_BUDGET = 50.0
"""Milliseconds, p50, on a laptop whose emulator takes about 16 of them."""
MESSAGES = 10
MANY = 50
PAUSE_SECONDS = 2.0


async def one_user(stack: RunningStack, conversations: int) -> list[Figure]:
    """One conversation after the other, of ten messages each."""
    had: list[Person] = []
    for _ in range(conversations):
        async with people(stack, 1) as (person,):
            await one_after_the_other(person, MESSAGES)
            had.append(person)
    return _figures("1 user", had, ONE_USER_BUDGET)


async def many_users(stack: RunningStack, messages: int) -> list[Figure]:
    """Each with a message every other second or so, as busy people chat; then all in the same instant."""
    async with people(stack, MANY) as everybody:
        await asyncio.gather(*(with_pauses(person, messages, PAUSE_SECONDS) for person in everybody))
        steady = _figures(f"{MANY} users, {MANY / PAUSE_SECONDS:.0f} messages/s", everybody)
        for person in everybody:
            person.first_texts.clear()
            person.answers.clear()
        await asyncio.gather(*(person.ask() for person in everybody))
        return steady + _figures(f"{MANY} users at the same instant", everybody)


def _figures(who: str, persons: Sequence[Person], budget: float | None = None) -> list[Figure]:
    firsts = [value for person in persons for value in person.first_texts]
    answers = [value for person in persons for value in person.answers]
    errors = [error for person in persons for error in person.errors]
    for person in persons:
        person.errors.clear()
    return [
        Figure(f"{who}: first text, p50", percentile(firsts, 50), "ms", budget),
        Figure(f"{who}: first text, p95", percentile(firsts, 95), "ms"),
        Figure(f"{who}: whole answer, p50", percentile(answers, 50), "ms"),
        Figure(f"{who}: whole answer, p95", percentile(answers, 95), "ms"),
        Figure(f"{who}: errors in {len(answers)} messages", float(len(errors)), "", 0),
    ]

"""How soon a killed worker's runs continue elsewhere, measured by the next request for them in the scripted LLM's
journal.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure, percentile
from bench.people import TOKENS, UNLIMITED, Person, people, words
from bench.processes import workers_ready
from bench.suite import Scenario, Size
from forge.models.timing import TAKEOVER_P50_SECONDS, TAKEOVER_P99_SECONDS, TAKEOVER_SECONDS
from local_dev.stack_process import RunningStack, running_stack

WORKERS = 2
PERSONS = 40
SECONDS_OF_ANSWER = 8
KILLED = "worker-1"
"""Always the same worker is killed, because a run that loses two workers is a suspect and waits for its turn."""
PAUSE_SECONDS = 4.0
"""The least seconds from the moment at which all workers are ready to the next kill."""
LATER_SECONDS = 2.0
"""A kill comes up to so many seconds later, at any moment of a worker's periods: after the same pause each time, the
queue messages of all its runs would be equally old.
"""


async def measure(size: Size) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="forge-bench-") as folder:
        journal = Path(folder, "journal")
        environment = {**UNLIMITED, "FORGE_WORKERS": str(WORKERS), "FORGE_SCRIPT_JOURNAL": str(journal)}
        async with running_stack(environment) as stack, people(stack, PERSONS) as persons:
            kills = await _kill(stack, persons, size.of(10, 2))
        lines = await asyncio.to_thread(journal.read_text)
        taken = takeovers(lines.splitlines(), kills)
    errors = sum(len(person.errors) for person in persons)
    return [
        Figure(
            "kill to the next LLM request of a lost run, p50",
            percentile(taken, 50),
            "s",
            TAKEOVER_P50_SECONDS,
        ),
        Figure(
            "kill to the next LLM request of a lost run, p99",
            percentile(taken, 99),
            "s",
            TAKEOVER_P99_SECONDS,
        ),
        Figure("kill to the next LLM request of a lost run, longest", max(taken), "s", TAKEOVER_SECONDS),
        Figure("runs that were lost", float(len(taken)), ""),
        Figure("answers that were wrong or did not come", float(errors), "", 0),
    ]


async def _kill(stack: RunningStack, persons: Sequence[Person], times: int) -> list[float]:
    """Return the times of the kills, in seconds since the epoch; people chat until the last worker's runs have
    continued.
    """
    is_over = asyncio.Event()
    talking = [asyncio.create_task(_talk(person, is_over), name="person") for person in persons]
    kills: list[float] = []
    moment = random.Random(times)  # the same moments in each measurement
    for number in range(times):
        await workers_ready(stack, WORKERS + number)
        await asyncio.sleep(PAUSE_SECONDS + moment.uniform(0, LATER_SECONDS))
        kills.append(time.time())
        os.kill(stack.processes()[KILLED], signal.SIGKILL)
    await asyncio.sleep(PAUSE_SECONDS)
    is_over.set()
    await asyncio.gather(*talking)
    return kills


async def _talk(person: Person, is_over: asyncio.Event) -> None:
    number = 0
    while not is_over.is_set():
        number += 1
        tokens = TOKENS * SECONDS_OF_ANSWER
        tag = f"{person.session_id} {number}"
        person.says = json.dumps({"f": 0, "t": tokens, "r": TOKENS, "tag": tag})
        person.expected = words(tokens)
        await person.ask()


def takeovers(journal: Sequence[str], kills: Sequence[float]) -> list[float]:
    """Return seconds from a kill to the next start of an LLM request that had begun before the kill and has not
    ended.
    """
    taken: list[float] = []
    open_since: dict[str, float] = {}
    for line in map(json.loads, journal):
        tag, at = line["tag"], line["at"]
        if line["event"] == "end":
            open_since.pop(tag, None)
            continue
        if tag and tag in open_since:
            between = [kill for kill in kills if open_since[tag] < kill < at]
            taken += [at - kill for kill in between[:1]]
        open_since[tag] = at
    return taken


SCENARIO = Scenario("Takeover after a kill", measure, in_quick=False)

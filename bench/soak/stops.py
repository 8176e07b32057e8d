"""How soon a stop ends a run, in each of the run's phases, without faults."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bench.figures import percentile
from bench.soak.checker import Violation, check
from bench.soak.conversation import Said, Script, Talker, short
from bench.soak.faults import Fault, Moment
from bench.soak.rig import Rig, running_rig
from bench.soak.settings import QUIET

BOUND_SECONDS = 1.0
HELD_SECONDS = 20.0
"""Seconds for which the stopped activity would continue."""
WRITE_SECONDS = 0.3
"""Seconds of a slow write, during which a stop is sent."""
TELL_SECONDS = 5.0


def waiting(ref: str) -> Script:
    return Script(ref, (("Never said.", ""),), waits=(HELD_SECONDS,))


def telling(ref: str) -> Script:
    return Script(ref, ((" ".join(f"word {number}" for number in range(50)), ""),), pause=0.2)


def looking(ref: str) -> Script:
    return Script(ref, (("Let me look. ", "look"), ("Never said.", "")))


def spending(ref: str) -> Script:
    return Script(ref, (("Now I pay it. ", "pay"), ("Never said.", "")))


@dataclass(frozen=True, slots=True)
class Phase:
    """The phase of a run in which a stop is sent."""

    name: str
    """The phase in words."""
    crossing: str
    """The request at which the run is held."""
    script: Callable[[str], Script]
    """Makes what the LLM answers, for the reference of a message."""
    moment: Moment = "before"
    """Whether the run is held before, during or after the request takes effect."""
    seconds: float = 0
    """The seconds for which the run is held."""
    is_queued: bool = False
    """The stop is not for this run but for the next one, which waits behind it."""
    may_complete: bool = False
    """True if the run may end before the stop reaches it."""


PHASES = (
    Phase("queued behind another run", "llm.request", waiting, is_queued=True),
    Phase("its claim is being written", "runs.claim", waiting, seconds=WRITE_SECONDS),
    Phase("waiting for the LLM", "llm.request", waiting),
    Phase("mid-text", "llm.request", telling, "during"),
    Phase("a response is being stored", "runs.append", looking, seconds=WRITE_SECONDS),
    Phase("mid-tool, one that only reads", "tool.look", looking),
    Phase("mid-tool, a payment", "tool.pay", spending),
    Phase("its end is being written", "runs.finish", short, seconds=WRITE_SECONDS, may_complete=True),
)


@dataclass
class Stops:
    """What the stops have done."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {phase.name: [] for phase in PHASES})
    """The seconds from each stop to the end that the client sees, by phase."""
    outcomes: Counter[str] = field(default_factory=Counter[str])
    """How often runs ended in each way."""
    wrong: list[str] = field(default_factory=list[str])
    """The problems in words."""
    violations: list[Violation] = field(default_factory=list[Violation])
    """The guarantees that were not kept."""

    def note(self, phase: Phase, said: Said) -> None:
        self.outcomes[said.outcome or "none"] += 1
        if said.outcome != "interrupted" and not (phase.may_complete and said.outcome == "completed"):
            self.wrong.append(f"{phase.name}: {said.outcome}")
        if said.outcome and said.stopped_at:
            self.seconds[phase.name].append(said.ended_at - said.stopped_at)

    @property
    def is_kept(self) -> bool:
        slow = any(not each or percentile(each, 99) > BOUND_SECONDS for each in self.seconds.values())
        return not (slow or self.wrong or self.violations)

    def text(self) -> str:
        rows = ["| phase | stops | p50 | p99 | longest |", "| --- | --- | --- | --- | --- |"]
        for name, each in self.seconds.items():
            if not each:
                continue
            spread = (percentile(each, 50), percentile(each, 99), max(each))
            rows.append(f"| {name} | {len(each)} | " + " | ".join(f"{s:.2f} s" for s in spread) + " |")
        return "\n".join([*rows, f"ends: {dict(self.outcomes)}", *self.wrong, *map(str, self.violations)])


async def main(given: Mapping[str, str]) -> int:
    """Send `STOPS` stops in each phase, `SESSIONS` sessions at a time."""
    async with running_rig(QUIET) as rig:
        found = await stops(rig, int(given.get("STOPS") or 100), int(given.get("SESSIONS") or 4))
    print(found.text())
    return int(not found.is_kept)


async def stops(rig: Rig, each: int, sessions: int) -> Stops:
    found, began = Stops(), time.monotonic()
    left = [phase for phase in PHASES for _ in range(each)]
    random.Random(each).shuffle(left)
    total = len(left)
    async with asyncio.TaskGroup() as group:
        telling_it = asyncio.create_task(_tell(found, total, began), name="teller")
        people = [group.create_task(_press(rig, found, left, n), name=f"person {n}") for n in range(sessions)]
        await asyncio.wait(people)
        telling_it.cancel()
    return found


async def _press(rig: Rig, found: Stops, left: list[Phase], number: int) -> None:
    """Stop runs until none are left, each in a session of its own, because in another one the person may be asked
    about a payment.
    """
    while left:
        talker = Talker(rig, number)
        await talker.client.connect()
        phase = left.pop()
        found.note(phase, await _stopped(rig, talker, phase))
        talk = await talker.close()
        found.violations += check(talk)
        rig.proxy.forget(talk.ref)


async def _stopped(rig: Rig, talker: Talker, phase: Phase) -> Said:
    """Bring a run to the phase, stop it there, and wait for its end."""
    hold = Fault(phase.crossing, phase.moment, "delay", talker.talk.ref, seconds=phase.seconds)
    rig.proxy.arm(hold)
    script = phase.script(talker.next_ref())
    rig.world.slow[script.ref] = HELD_SECONDS
    said = first = await talker.say(script)
    async with asyncio.timeout(HELD_SECONDS):
        await hold.fired.wait()
    rig.proxy.faults.remove(hold)
    if phase.is_queued:
        said = await talker.say(short(talker.next_ref()))
        said.is_withdrawn = True
    await talker.stop(said)
    await talker.ended(said)
    if phase.is_queued:
        await talker.stop(first)
        await talker.ended(first)
    return said


async def _tell(found: Stops, total: int, began: float) -> None:
    """Print a line every few seconds for whoever waits."""
    while True:
        await asyncio.sleep(TELL_SECONDS)
        print(f"{time.monotonic() - began:5.0f} s  {found.outcomes.total()} of {total} stops", flush=True)

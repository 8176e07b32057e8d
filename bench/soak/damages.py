"""`--damages`: one session's stored items are damaged during a run. Only that session is affected, everybody else
is answered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass

import httpx

from bench.soak.checker import Violation, check
from bench.soak.conversation import END_SECONDS, Said, Talk, Talker, paying, short
from bench.soak.crossings import Call
from bench.soak.faults import Fault
from bench.soak.items import FRACTION, TEXT, Attribute, Spoiling
from bench.soak.rig import Rig, running_rig

AT_ONCE = 4
NEIGHBOURS = 2
"""Of each damaged session; a worker takes whatever comes first, so the neighbours of all are on both workers."""
SUFFERING_SECONDS = 12.0
"""How long to wait for the end of a damaged session's run; the session can be deleted without it."""
NOT_COMPRESSED: Attribute = {"B": b"not zlib"}
DAMAGES: tuple[Spoiling, ...] = (
    *(
        Spoiling("session", name)
        for name in ("logged", "generation", "inbox_order", "expires_at", "recent", "attempt", "lease_until")
    ),
    *(Spoiling("session", name, TEXT) for name in ("logged", "history_count", "inbox", "active", "rev")),
    *(Spoiling("session", name, FRACTION) for name in ("generation", "lease_until", "expires_at")),
    *(Spoiling("control", name, FRACTION) for name in ("expires_at", "connections", "interrupt")),
    Spoiling("message#", "content"),
    Spoiling("message#", "tool", FRACTION),
    Spoiling("entry#", "body", NOT_COMPRESSED),
    Spoiling("entry#", "body"),
    Spoiling("call#", "record_value", FRACTION),
    Spoiling("call#", "call_state"),
    Spoiling("catalog", "body", NOT_COMPRESSED, partition="catalog#current"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """The point in a run at which the items are damaged."""

    crossing: str
    """The request before which this happens."""
    says: str
    """The point in words."""
    skip: int = 0
    """The number of such requests that come before it."""
    lacks: tuple[str, ...] = ()
    """The beginnings of sort keys whose items do not exist yet."""


PLACES: tuple[Place, ...] = (
    Place("runs.claim", "before the run is claimed", lacks=("call#",)),
    Place("llm.request", "before the second LLM request", skip=1),
    Place("journal.finish_call", "before the payment's result is recorded"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of the matrix."""

    damage: Spoiling
    """The damage."""
    place: Place
    """The point at which it is done."""

    @property
    def name(self) -> str:
        return f"{self.damage.name}, {self.place.says}"


@dataclass(frozen=True, slots=True)
class Suffered:
    """What one damage has caused."""

    cell: Cell
    """The combination that was tried."""
    changed: int
    """The number of attributes that were changed."""
    ended: str
    """The outcome of the damaged session's run; empty: no end was seen."""
    violations: Sequence[Violation]
    """The guarantees that were not kept."""


def cells() -> list[Cell]:
    return [
        Cell(damage, place) for damage in DAMAGES for place in PLACES if damage.sort_key not in place.lacks
    ]


async def play(rig: Rig, cell: Cell, gateway: int = 0) -> Suffered:
    """Other sessions chat at the same time; at the end the session is deleted and begun anew."""
    damaged = Talker(rig, gateway)
    neighbours = [Talker(rig, gateway + number) for number in range(NEIGHBOURS)]
    for talker in (damaged, *neighbours):
        await talker.client.connect()
    ref, workers, changed = damaged.talk.ref, dict(rig.proxy.pids), list[int]()
    await damaged.ended(await damaged.say(short(damaged.next_ref())))

    def spoil(_: Call) -> None:
        changed.append(rig.items.spoil(ref, [cell.damage]))

    place = cell.place
    fault = rig.proxy.arm(Fault(place.crossing, "before", "damage", ref, skip=place.skip, deed=spoil))
    said = await damaged.say(paying(damaged.next_ref()))
    talks = await asyncio.gather(*(_talk(neighbour) for neighbour in neighbours))
    found = [each for talk in talks for each in check(talk)] + await aftermath(rig, damaged, said)
    rig.proxy.faults.remove(fault)
    if rig.proxy.pids != workers:
        found.append(Violation("own", ref, "a worker ended"))
    return Suffered(cell, sum(changed), said.outcome or "", found)


async def aftermath(rig: Rig, damaged: Talker, said: Said, *, may_fail: bool = False) -> list[Violation]:
    """What must not happen to a damaged session: a second payment, an answer with a server fault, or data that
    outlives its deletion.
    """
    await damaged.ended(said, SUFFERING_SECONDS)
    await damaged.client.aclose()
    ref = damaged.talk.ref
    found = [Violation("own", ref, problem) async for problem in _answers(rig, ref)]
    if (paid := rig.world.paid[said.script.ref]) > 1:
        found.append(Violation("once", ref, f"paid {paid} times"))
    outcome = await _anew(rig, damaged)
    if outcome != "completed" and not (may_fail and outcome == "failed"):
        found.append(Violation("own", ref, f"begun anew, its run has this end: {outcome or 'none'}"))
    return found


async def _answers(rig: Rig, ref: str) -> AsyncGenerator[str]:
    """The session can be read, stopped and deleted, or says in words that it cannot be read."""
    asked: Sequence[tuple[str, str, dict[str, str]]] = (
        ("GET", f"/api/state?session_id={ref}", {}),
        ("POST", "/api/interrupt", {"session_id": ref}),
        ("DELETE", f"/api/sessions/{ref}", {}),
    )
    async with httpx.AsyncClient(base_url=rig.urls[0], trust_env=False, timeout=20) as http:
        for method, path, body in asked:
            answer = await http.request(method, path, json=body or None)
            is_told = answer.status_code == 409 and method != "DELETE"
            if not answer.is_success and not is_told:
                yield f"{method} {path.partition('?')[0]} answers {answer.status_code} {answer.text}"


async def _anew(rig: Rig, damaged: Talker) -> str:
    again = Talker(rig, 1, damaged.talk.ref)
    try:
        async with asyncio.timeout(END_SECONDS), again.client:
            await again.client.connect()
            return (await again.ended(await again.say(short(damaged.next_ref())))).outcome or ""
    except TimeoutError:
        return ""


async def _talk(talker: Talker) -> Talk:
    for script in (short, paying, short):
        await talker.ended(await talker.say(script(talker.next_ref())))
    return await talker.close()


async def main(given: Mapping[str, str]) -> int:
    chosen = [cell for cell in cells() if given.get("POINT", "") in cell.name]
    places, bad = asyncio.Semaphore(AT_ONCE), list[Cell]()

    async def played(number: int, cell: Cell) -> None:
        async with places:
            began = time.monotonic()
            suffered = await play(rig, cell, number)
        if suffered.violations or not suffered.changed:
            bad.append(cell)
        verdict = "; ".join(map(str, suffered.violations)) or (
            "kept" if suffered.changed else "nothing damaged"
        )
        ended = suffered.ended or "no end seen"
        print(f"{time.monotonic() - began:5.1f} s  {cell.name}: {ended}, {verdict}", flush=True)

    async with running_rig() as rig:
        await asyncio.gather(*(played(number, cell) for number, cell in enumerate(chosen)))
    print(f"{len(chosen)} damages, {len(bad)} of which cost others something, or damaged nothing")
    return int(bool(bad))

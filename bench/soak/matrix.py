"""Each fault point × each kind of fault: one session goes through it, and the checker looks at what it left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bench.soak.checker import Violation, check, takeovers
from bench.soak.conversation import Said, Script, Talker, paying, short
from bench.soak.faults import JUMP_SECONDS, REPEATS, Deed, Fault, Kind, Moment
from bench.soak.rig import Rig

KINDS: tuple[Kind, ...] = ("kill", "freeze", "error", "throttle", "ahead", "behind", "newer")
ONLY_BEFORE: frozenset[Kind] = frozenset({"throttle", "ahead", "behind", "newer"})
"""What is throttled has no effect; the others befall a process or the table, not the request."""
JUMPS: frozenset[Kind] = frozenset({"ahead", "behind"})
JUMP_WAITS = (0, 3.0, 3.0)
"""Under a clock that has jumped, leases are renewed and lost runs are looked for."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point in a run's path at which faults are tried."""

    crossing: str
    """The request's purpose."""
    says: str
    """The point in words."""
    skip: int = 0
    """The number of such requests that come before it in the scene."""
    waits: tuple[float, ...] = ()
    """The seconds before each LLM response, for what only happens in longer runs."""
    moments: tuple[Moment, ...] = ("before", "after")
    """Whether faults are tried before, during or after the request takes effect."""
    forgotten: bool = False
    """The workers must not know the session from its first message."""

    @property
    def name(self) -> str:
        return f"{self.crossing}: {self.says}"


POINTS: tuple[Point, ...] = (
    Point("queue.receive", "the run's message is received"),
    Point("runs.claim", "the run is claimed"),
    Point("controls.read", "connections and stops are read"),
    Point("journal.history", "the LLM's history is read", forgotten=True),
    Point("llm.request", "the first LLM request", moments=("before", "during", "after")),
    Point("llm.request", "the last LLM request", skip=2, moments=("before", "during", "after")),
    Point("connections.post", "the run's beginning is pushed"),
    Point("connections.post", "something later is pushed", skip=3),
    Point("runs.flush", "the first text is stored"),
    Point("runs.hear", "that words of strangers come is stored"),
    Point("runs.append", "a response that asks for a read-only tool is stored", skip=2),
    Point("runs.append", "a response that asks for a payment is stored"),
    Point("runs.append", "the payment's result is shown", skip=1),
    Point("runs.put_ahead", "the first item of a response is put ahead"),
    Point("journal.begin_call", "the payment is begun"),
    Point("journal.call_record", "the result of a read-only call is looked for"),
    Point("tool.look", "a read-only tool is called"),
    Point("tool.pay", "the payment is made"),
    Point("journal.finish_call", "a read-only result is recorded", skip=1),
    Point("journal.finish_call", "the payment's result is recorded"),
    Point("runs.renew", "the lease is renewed", waits=(0, 5.0)),
    Point("queue.extend", "the message is kept back", waits=(0, 5.0)),
    Point("runs.finish", "the run is finished"),
    Point("queue.delete", "the message is deleted"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of the matrix."""

    point: Point
    """The point."""
    kind: Kind
    """The kind of fault."""
    moment: Moment
    """The moment of the fault."""

    @property
    def name(self) -> str:
        return f"{self.kind} {self.moment} {self.point.name}"

    def fault(self, ref: str) -> Fault:
        """A poll that brings nothing has no session to be recognised by."""
        is_poll = self.point.crossing == "queue.receive" and self.moment == "before"
        return Fault(
            self.point.crossing,
            self.moment,
            self.kind,
            ref="" if is_poll else ref,
            skip=self.point.skip,
            left=self._strikes(),
        )

    @property
    def may_fail(self) -> bool:
        return self.point.crossing == "llm.request" and self.kind in {"error", "throttle"}

    def _strikes(self) -> int:
        """Errors last beyond the AWS client's own three tries; the outside world fails once."""
        if self.point.crossing == "queue.receive" and self.moment == "after":
            return 1  # each answer that is lost hides the message for 3 s
        is_ours = self.point.crossing.partition(".")[0] not in {"llm", "tool"}
        return REPEATS if self.kind in {"error", "throttle"} and is_ours else 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one fault has caused."""

    cell: Cell
    """The combination that was tried."""
    fired: bool
    """False if the run never came to the point."""
    ended: str
    """The outcome of the run; empty: no end was seen."""
    seconds: float | None
    """The seconds from the fault to the next attempt; None where none was needed."""
    violations: Sequence[Violation]
    """The guarantees that were not kept."""


def cells(kinds: Iterable[Kind] = KINDS) -> list[Cell]:
    return [
        Cell(point, kind, moment)
        for point in POINTS
        for kind in kinds
        for moment in point.moments
        if moment == "before" or kind not in ONLY_BEFORE
    ]


async def _nothing() -> None: ...


async def play(
    rig: Rig, cell: Cell, gateway: int = 0, *, noticed: Callable[[], Awaitable[None]] = _nothing
) -> Outcome:
    """A first answer, so that there is a history; then the fault is armed and the paying run begins."""
    talker = Talker(rig, gateway)
    await talker.client.connect()
    await talker.ended(await talker.say(short(talker.next_ref())))
    if cell.point.forgotten:
        await _forget(rig, talker)
    deed = deed_of(cell.kind, rig, talker.talk.ref)
    fault = rig.proxy.arm(replace(cell.fault(talker.talk.ref), deed=deed))
    said = await talker.say(_script(cell, talker))
    await talker.ended(said)
    try:
        await _settled(talker, cell, fault)
        await noticed()
    finally:
        rig.proxy.faults.remove(fault)
        rig.clocks.set_right()
    talk = await talker.close()
    times = takeovers(talk)
    violations = check(talk, may_fail=cell.may_fail)
    return Outcome(cell, fault.fired.is_set(), _ended(said), max(times, default=None), violations)


def deed_of(kind: Kind, rig: Rig, ref: str) -> Deed | None:
    match kind:
        case "ahead" | "behind":
            seconds = JUMP_SECONDS if kind == "ahead" else -JUMP_SECONDS
            return lambda call: rig.clocks.set(call.client, seconds)
        case "newer":
            return lambda call: rig.items.renew(ref)
        case _:
            return None


async def _forget(rig: Rig, talker: Talker) -> None:
    """A worker keeps a session's history in memory; the one that has it is replaced by a new one."""
    claims = [
        event for event in rig.proxy.events("applied", talker.talk.ref) if event.crossing == "runs.claim"
    ]
    await rig.proxy.kill(claims[-1].client)
    await rig.whole()


async def _settled(talker: Talker, cell: Cell, fault: Fault) -> None:
    """A fault at the very end occurs when the run's end is visible already."""
    try:
        await asyncio.wait_for(fault.fired.wait(), 3.0)
    except TimeoutError:
        return
    if cell.kind in {"kill", "freeze"}:
        await talker.rig.whole()


def _script(cell: Cell, talker: Talker) -> Script:
    waits = JUMP_WAITS if cell.kind in JUMPS else ()
    return paying(talker.next_ref(), cell.point.waits or waits)


def _ended(said: Said) -> str:
    return said.outcome or "no end"

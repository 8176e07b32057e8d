"""Hundreds of sessions at once under random faults; the report is what the checker finds."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import percentile
from bench.soak.checker import CLAUSES, Violation, check, missed_aims, takeovers
from bench.soak.conversation import MESSAGES_PER_SESSION, Said, Script, Talk, Talker, lasting, paying, short
from bench.soak.damages import DAMAGES, aftermath
from bench.soak.deploys import Deployments, deploy_every
from bench.soak.events import EVERYTHING
from bench.soak.faults import RequestFaults
from bench.soak.handovers import handovers
from bench.soak.items import Spoiling
from bench.soak.plan import Plan
from bench.soak.process_faults import inject_faults
from bench.soak.rig import Rig, running_rig
from bench.soak.settings import QUIET

PAYING_SHARE = 0.12
"""Share of a session's messages until one has used a tool: after its result, the person would be asked about a
payment.
"""
STOPPED_SHARE = 0.05
TELL_SECONDS = 5.0


@dataclass
class Report:
    """What one soak has found; times in seconds."""

    accepted: int = 0
    """The number of accepted messages."""
    outcomes: Counter[str] = field(default_factory=Counter[str])
    """How often runs ended in each way."""
    refused: int = 0
    """The number of messages that were refused and sent again."""
    payments: int = 0
    """The number of payments that the outside world made."""
    changed: Counter[str] = field(default_factory=Counter[str])
    """The sessions whose stored items were changed, by kind of change."""
    process_faults: Counter[str] = field(default_factory=Counter[str])
    """How often each kind of process fault was injected into a worker."""
    deployments: Deployments = field(default_factory=Deployments)
    """What the deployments have done."""
    handovers: list[float] = field(default_factory=list[float])
    """From SIGTERM to the next claim of each run that was handed over."""
    takeovers: list[float] = field(default_factory=list[float])
    """From the loss of a worker to the next claim of each of its runs."""
    stops: list[float] = field(default_factory=list[float])
    """From each stop to the end that the client saw."""
    waits: list[float] = field(default_factory=list[float])
    """From acceptance to end, without the LLM's own time."""
    request_faults: Counter[str] = field(default_factory=Counter[str])
    """How often each kind of fault was injected into a request."""
    violations: list[Violation] = field(default_factory=list[Violation])
    """The guarantees that were not kept."""
    unnamed: int = 0
    """The number of requests whose purpose is not known."""
    seconds: float = 0
    """The duration of the soak."""

    def text(self) -> str:
        clauses = Counter(violation.clause for violation in self.violations)
        lines = [
            f"{self.accepted} messages accepted in {self.seconds:.0f} s, {self.refused} refused and sent again",
            f"ends: {dict(self.outcomes)}",
            f"{self.payments} payments; workers: {dict(self.process_faults)}; requests: {dict(self.request_faults)}; "
            f"stored items: {dict(self.changed)}",
            f"deployments: {self.deployments.done}; SIGTERM to a worker's end: {_spread(self.deployments.ends)}",
            f"SIGTERM to a run's next claim: {_spread(self.handovers)}",
            f"takeover: {'; '.join([_spread(self.takeovers), *missed_aims(self.takeovers)])}",
            f"accepted to end, without the LLM's own time: {_spread(self.waits)}",
            f"stop to end: {_spread(self.stops)}",
        ]
        lines += [f"{clauses[name]:5d} violations of “{text}”" for name, text in CLAUSES.items()]
        return "\n".join(lines + [f"  {violation}" for violation in self.violations[:40]])


async def main(given: Mapping[str, str]) -> int:
    plan = Plan.of(given)
    async with running_rig(QUIET, workers=plan.workers) as rig:
        report = await soak(rig, plan)
    print(report.text())
    return int(bool(report.violations))


async def soak(rig: Rig, plan: Plan) -> Report:
    report, began = Report(), time.monotonic()
    request_faults = rig.proxy.request_faults = RequestFaults(
        plan.seed, error=0.01, throttle=0.01, delay=0.02, cut=0.005, duplicate=0.01
    )
    beside = [
        asyncio.create_task(inject_faults(rig, plan, report.process_faults), name="killer"),
        asyncio.create_task(_tell(report, began), name="teller"),
    ]
    if plan.deploy_seconds:
        deploying = deploy_every(rig, plan.deploy_seconds, report.deployments)
        beside.append(asyncio.create_task(deploying, name="deployer"))
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(plan.sessions):
                group.create_task(_people(rig, plan, report, number, began), name=f"person {number}")
    finally:
        for task in beside:
            task.cancel()
        ends = await asyncio.gather(*beside, return_exceptions=True)
    broken = [Violation("deployed", "rig", repr(end)) for end in ends if isinstance(end, Exception)]
    report.violations += broken
    report.violations += [Violation("deployed", "workers", late) for late in report.deployments.late]
    rig.proxy.request_faults = None
    report.request_faults, report.seconds = request_faults.counts, time.monotonic() - began
    report.unnamed = sum(
        event.crossing == "?" and event.client.startswith("worker") for event in rig.proxy.history
    )
    return report


async def _tell(report: Report, began: float) -> None:
    """Print a line every few seconds for whoever waits."""
    while True:
        await asyncio.sleep(TELL_SECONDS)
        seconds, ended = time.monotonic() - began, sum(report.outcomes.values())
        print(
            f"{seconds:5.0f} s  {ended} of {report.accepted} messages ended ({ended / seconds:.1f}/s), "
            f"{sum(report.process_faults.values())} process faults, {report.deployments.done} deployments, "
            f"{len(report.takeovers)} takeovers, {len(report.handovers)} hand-overs, "
            f"{len(report.violations)} violations",
            flush=True,
        )


async def _people(rig: Rig, plan: Plan, report: Report, number: int, began: float) -> None:
    """Run one session after another, each a few messages long."""
    choose = random.Random(plan.seed * 1_000_003 + number)
    while plan.goes_on(began, report.accepted):
        await _converse(rig, report, choose, number, plan, began)


async def _converse(
    rig: Rig, report: Report, choose: random.Random, number: int, plan: Plan, began: float
) -> None:
    talker, may_pay = Talker(rig, number), True
    for _ in range(MESSAGES_PER_SESSION):
        if not plan.goes_on(began, report.accepted):
            break
        said = await talker.say(_script(choose, plan, talker, may_pay=may_pay))
        may_pay = may_pay and not said.script.has_tools
        report.accepted += 1
        if choose.random() < plan.damaged:
            await _suffer(rig, report, talker, said, choose.choice(DAMAGES))
            return
        if choose.random() < plan.newer:
            report.changed["newer"] += 1
            await asyncio.to_thread(rig.items.renew, talker.talk.ref)
        if choose.random() < STOPPED_SHARE:
            await talker.stop(said)
        await talker.ended(said)
        if said.stopped_at and said.outcome:
            report.stops.append(said.ended_at - said.stopped_at)
        if said.outcome:
            report.waits.append(max(0.0, said.ended_at - said.accepted_at - sum(said.script.waits)))
        report.outcomes[said.outcome or "none"] += 1
    talk = await talker.close()
    report.refused += talk.refused
    report.payments += sum(talk.paid.values())
    report.takeovers += takeovers(talk)
    report.handovers += [each.seconds for each in handovers(talk.events)]
    found = check(talk)
    if plan.trace and (
        found or any(said.outcome == "failed" or said.ended_at - said.accepted_at > 15 for said in talk.said)
    ):
        _trace(plan.trace, found, talk)
    report.violations += found
    rig.proxy.forget(talk.ref)


def _script(choose: random.Random, plan: Plan, talker: Talker, *, may_pay: bool) -> Script:
    at, ref = choose.random(), talker.next_ref()
    if may_pay and at < PAYING_SHARE:
        return paying(ref)
    return lasting(ref) if at > 1 - plan.lasting else short(ref)


async def _suffer(rig: Rig, report: Report, talker: Talker, said: Said, damage: Spoiling) -> None:
    report.changed["damaged"] += 1
    await asyncio.to_thread(rig.items.spoil, talker.talk.ref, [damage])
    report.violations += await aftermath(rig, talker, said, may_fail=True)
    report.outcomes[said.outcome or "damaged"] += 1
    rig.proxy.forget(talker.talk.ref)


def _trace(file: str, found: Sequence[Violation], talk: Talk) -> None:
    """One line for each event, in seconds from the session's first one."""
    first = talk.events[0].at if talk.events else 0.0
    lines = [f"== {violation}" for violation in found]
    lines += [
        f"{event.at - first:8.2f} {event.client:10} {event.what:9} {event.crossing} {event.detail}"
        for event in talk.events
        if event.refs or event.crossing == EVERYTHING
    ]
    with Path(file).open("a") as traces:
        traces.write("\n".join(lines) + "\n")


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "none"
    p50, p99 = (percentile(seconds, share) for share in (50, 99))
    return f"{len(seconds)}, p50 {p50:.2f} s, p99 {p99:.2f} s, longest {max(seconds):.2f} s"

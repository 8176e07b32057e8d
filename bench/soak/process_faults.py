"""Injects process faults into the workers during a soak, one at a time."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

from bench.soak.events import EVERYTHING
from bench.soak.faults import FREEZE_SECONDS, JUMP_SECONDS, Kind
from bench.soak.plan import Plan
from bench.soak.rig import Rig


async def inject_faults(rig: Rig, plan: Plan, counts: Counter[str]) -> None:
    """Kill one of the ready workers, never the last one; sometimes only freeze it, or let its clock jump."""
    choose = random.Random(plan.seed)
    async with asyncio.TaskGroup() as group:
        while counts.total() < plan.process_faults:
            await asyncio.sleep(choose.uniform(0.5, 1.5) * plan.kill_seconds)
            ready = [name for name in rig.workers if rig.is_ready(name)]
            if len(ready) < 2:
                continue
            name, kind = choose.choice(ready), _kind(choose.random(), plan)
            counts[kind] += 1
            await rig.proxy.note(name, EVERYTHING, kind, frozenset())
            match kind:
                case "kill":
                    await rig.proxy.kill(name)
                case "freeze":
                    group.create_task(rig.proxy.freeze(name), name=f"freeze {name}")
                case _:
                    group.create_task(_jump(rig, name, kind), name=f"{kind} {name}")


def _kind(at: float, plan: Plan) -> Kind:
    if at < plan.freezes:
        return "freeze"
    at -= plan.freezes
    return "ahead" if at < plan.jumps / 2 else "behind" if at < plan.jumps else "kill"


async def _jump(rig: Rig, name: str, kind: Kind) -> None:
    """Keep the clock wrong as long as a freeze, then set it right again: two jumps."""
    rig.clocks.set(name, JUMP_SECONDS if kind == "ahead" else -JUMP_SECONDS)
    await asyncio.sleep(FREEZE_SECONDS)
    rig.clocks.set(name, 0)

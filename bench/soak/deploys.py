"""A deployment under load: new workers start, the old ones get SIGTERM, and the functions are imported again.

ECS and Lambda replace a service's tasks and a function's code in that order. Workers of two sets of names follow each
other.
"""

from __future__ import annotations

import asyncio
import signal
import time
from dataclasses import dataclass, field

from bench.soak.events import EVERYTHING
from bench.soak.gateway import RELOADED
from bench.soak.rig import READY_SECONDS, Rig
from bench.soak.settings import SETTINGS

WIND_UP_SECONDS = 5.0
"""After the seconds for its runs, a worker ends its poll and hands over the remaining runs."""
SPARE_SECONDS = 10.0
"""Additional time for a busy machine, and for a worker that was frozen when it was told to stop."""
RETIRE_SECONDS = float(SETTINGS["WORKER_STOP_SECONDS"]) + WIND_UP_SECONDS + SPARE_SECONDS


@dataclass
class Deployments:
    """What the deployments have done."""

    done: int = 0
    """The number of deployments that ended."""
    ends: list[float] = field(default_factory=list[float])
    """The seconds from SIGTERM to the end of each old worker."""
    late: list[str] = field(default_factory=list[str])
    """The problems in words."""


async def deploy_every(rig: Rig, seconds: float, deployments: Deployments) -> None:
    """Deploy until cancelled. A deployment begins `seconds` after the one before it, or when that one has ended."""
    due = time.monotonic() + seconds
    while True:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        due = time.monotonic() + seconds
        await deploy(rig, deployments)


async def deploy(rig: Rig, deployments: Deployments) -> None:
    """Replace all workers and all functions under the present load."""
    old = list(rig.workers)
    async with asyncio.TaskGroup() as group:
        for name in old:
            group.create_task(rig.start_worker(successor(name)), name=f"start {successor(name)}")
        for name in rig.gateways:
            group.create_task(_import_again(rig, name), name=f"import again {name}")
    await asyncio.gather(*(_retire(rig, name, deployments) for name in old))
    deployments.done += 1


def successor(name: str) -> str:
    return name.removesuffix("-next") if name.endswith("-next") else f"{name}-next"


async def _retire(rig: Rig, name: str, deployments: Deployments) -> None:
    """SIGKILL follows SIGTERM in the end, as with ECS."""
    began = time.monotonic()
    retiring = asyncio.create_task(rig.retire_worker(name), name=f"retire {name}")
    done, _ = await asyncio.wait({retiring}, timeout=RETIRE_SECONDS)
    if not done:
        deployments.late.append(f"{name} had not ended {RETIRE_SECONDS:g} s after SIGTERM")
        await rig.proxy.note(name, EVERYTHING, "kill", frozenset())
        await rig.proxy.kill(name)
    await retiring
    deployments.ends.append(time.monotonic() - began)


async def _import_again(rig: Rig, name: str) -> None:
    """Import the functions and the layer again in the running gateway, as `local_dev` does after an edit."""
    before = rig.log(name).count(RELOADED)
    rig.gateways[name].signal(signal.SIGHUP)
    async with asyncio.timeout(READY_SECONDS):
        while rig.log(name).count(RELOADED) == before:  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.1)

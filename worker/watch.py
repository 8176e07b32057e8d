"""One look at the control items of all runs of this process, every 400 ms."""

from __future__ import annotations

import asyncio

from forge.errors import StorageUnavailable
from forge.models.ids import SessionKey
from forge.models.session import Control
from worker.resources import Resources
from worker.run import RunInProgress

WATCH_SECONDS = 0.4


class ActiveRuns:
    """A session has one run at a time."""

    def __init__(self) -> None:
        self.by_session: dict[SessionKey, RunInProgress] = {}

    async def watch(self, resources: Resources) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            # A run that begins while this reads is not among what was read.
            runs = dict(self.by_session)
            if not runs:
                continue
            try:
                controls = await resources.blocking(resources.controls.read, list(runs))
            except StorageUnavailable:
                continue
            for key, run in runs.items():
                if self.by_session.get(key) is run:
                    run.observe(controls.get(key) or Control(key=key))

    def stop_all(self) -> None:
        for run in self.by_session.values():
            run.stop("released")

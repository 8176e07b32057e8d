"""What every part of the worker works with; put together once by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from forge.ports import (
    Approvals,
    AsyncConnections,
    Clock,
    Commands,
    Controls,
    Faults,
    Journal,
    Recovery,
    RunQueue,
    Runs,
    Sessions,
    Spendings,
)
from worker.agent.agent import ForgeAgent
from worker.agent.tools.toolbox import Toolbox
from worker.blocking import Blocking
from worker.catalog import Publisher
from worker.operation.metrics import Metrics
from worker.operation.tracing import Tracing
from worker.push.frame_pace import PACES, Pace
from worker.runs.history_cache import RecentHistories
from worker.runs.kept_messages import KeptMessages


@dataclass(frozen=True)
class Resources:
    """`agent` is None while no LLM can answer; `llm_error` then says why. `monotonic`: seconds, for leases; not the
    event loop's own clock, which stands still while a callback runs.
    """

    worker_id: str
    runs: Runs
    spendings: Spendings
    recovery: Recovery
    journal: Journal
    sessions: Sessions
    approvals: Approvals
    controls: Controls
    commands: Commands
    faults: Faults
    queue: RunQueue
    connections: AsyncConnections
    blocking: Blocking
    toolbox: Toolbox
    agent: ForgeAgent | None
    llm_error: Exception | None
    publisher: Publisher
    metrics: Metrics
    clock: Clock
    monotonic: Callable[[], float] = monotonic
    pace: Pace = PACES["smooth"]
    histories: RecentHistories = field(default_factory=RecentHistories)
    kept: KeptMessages = field(default_factory=KeptMessages)
    tracing: Tracing = field(default_factory=Tracing)

"""The only place where the parts of a worker are assembled. Each part gets only what it uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from forge.ports.clock import Clock
from forge.ports.connections import AsyncConnections
from forge.ports.queue import RunQueue
from forge.store import Store
from worker.agent.agent import ForgeAgent
from worker.agent.tools.toolbox import Toolbox
from worker.blocking_calls import Blocking
from worker.mcp_commands.bind_wallet import WalletBinding
from worker.mcp_commands.command_answers import CommandAnswers
from worker.operation.metrics import Metrics
from worker.operation.tracing import Tracing
from worker.push.audiences import Audiences
from worker.push.frame_pace import PACES, Pace
from worker.runs.answering import Answering
from worker.runs.claim_or_wait import Claims
from worker.runs.consumer import Consumer
from worker.runs.control_poll import LocalRuns
from worker.runs.delivery_after_run import DeliveryAfterRun
from worker.runs.execution import Records, RunExecutor
from worker.runs.failed_deliveries import FailedDeliveries
from worker.runs.fair_share import Capacity
from worker.runs.history_cache import RecentHistories
from worker.runs.leased_record import LeasedRecord
from worker.runs.message_visibility import KeptMessages
from worker.runs.queue_calls import QueueCalls
from worker.runs.run_deliveries import RunDeliveries
from worker.serve import Worker
from worker.tool_catalog import Publisher


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a worker is made of. Only `assemble` reads it."""

    worker_id: str
    """The id that this worker's leases and log lines carry."""
    store: Store
    """The table, through a port for each purpose."""
    queue: RunQueue
    """The queue of runs that wait for a worker."""
    connections: AsyncConnections
    """Posts frames to WebSocket connections."""
    blocking: Blocking
    """The threads in which the store is called."""
    toolbox: Toolbox
    """The tools of all MCP servers."""
    agent: ForgeAgent | None
    """The agent; None while no LLM can answer."""
    llm_error: Exception | None
    """The reason for which no LLM can answer; None if one can."""
    publisher: Publisher
    """Publishes this worker's catalog, and connects the MCP servers."""
    metrics: Metrics
    """Records the measurements of runs."""
    clock: Clock
    """The time in epoch milliseconds."""
    monotonic: Callable[[], float] = monotonic
    """Seconds for leases. The event loop's own clock is not used, because it stands still while a callback runs."""
    pace: Pace = PACES["smooth"]
    """How often streamed text is pushed."""
    tracing: Tracing = field(default_factory=Tracing)
    """Records the spans of runs; by default it records none."""


def assemble(parts: Parts, concurrency: int) -> Worker:
    capacity, kept = Capacity(concurrency), KeptMessages()
    queue_calls = QueueCalls(parts.queue, parts.blocking, kept)
    active = LocalRuns(parts.store.controls, parts.blocking, parts.clock, parts.monotonic)
    audiences = _audiences(parts)
    executor = _executor(parts, active, audiences)
    deliveries = RunDeliveries(
        claims=_claims(parts, capacity),
        executor=executor,
        queue_calls=queue_calls,
        after=_after_run(parts, queue_calls, capacity),
        active=active,
        kept=kept,
        runs=parts.store.runs,
        recovery=parts.store.recovery,
        blocking=parts.blocking,
        metrics=parts.metrics,
        tracing=parts.tracing,
    )
    failed = FailedDeliveries(
        parts.queue, parts.store.delivery_failures, parts.store.recovery, parts.blocking, deliveries.give_up
    )
    consumer = Consumer(
        queue=parts.queue,
        blocking=parts.blocking,
        capacity=capacity,
        active=active,
        runs=deliveries,
        commands=_commands(parts, executor),
        kept=kept,
        queue_calls=queue_calls,
        failed=failed,
    )
    return Worker(
        worker_id=parts.worker_id,
        consumer=consumer,
        active=active,
        audiences=audiences,
        kept=kept,
        queue=parts.queue,
        publisher=parts.publisher,
        toolbox=parts.toolbox,
        metrics=parts.metrics,
        blocking=parts.blocking,
    )


def leased_records(parts: Parts) -> Records:
    return partial(
        LeasedRecord,
        runs=parts.store.runs,
        journal=parts.store.journal,
        spendings=parts.store.spendings,
        blocking=parts.blocking,
        clock=parts.clock,
        histories=RecentHistories(),
        monotonic=parts.monotonic,
    )


def _executor(parts: Parts, active: LocalRuns, audiences: Audiences) -> RunExecutor:
    return RunExecutor(
        answering=Answering(
            agent=parts.agent,
            llm_error=parts.llm_error,
            toolbox=parts.toolbox,
            publisher=parts.publisher,
            clock=parts.clock,
        ),
        records=leased_records(parts),
        active=active,
        audiences=audiences,
        sessions=parts.store.sessions,
        blocking=parts.blocking,
        metrics=parts.metrics,
        tracing=parts.tracing,
        clock=parts.clock,
    )


def _after_run(parts: Parts, queue_calls: QueueCalls, capacity: Capacity) -> DeliveryAfterRun:
    return DeliveryAfterRun(
        worker_id=parts.worker_id,
        queue_calls=queue_calls,
        capacity=capacity,
        sessions=parts.store.sessions,
        controls=parts.store.controls,
        blocking=parts.blocking,
        clock=parts.clock,
    )


def _claims(parts: Parts, capacity: Capacity) -> Claims:
    return Claims(
        worker_id=parts.worker_id,
        runs=parts.store.runs,
        controls=parts.store.controls,
        blocking=parts.blocking,
        capacity=capacity,
        clock=parts.clock,
    )


def _commands(parts: Parts, executor: RunExecutor) -> CommandAnswers:
    binding = WalletBinding(
        sessions=parts.store.sessions,
        approvals=parts.store.approvals,
        wallet=parts.toolbox.wallet,
        blocking=parts.blocking,
        clock=parts.clock,
    )
    return CommandAnswers(parts.store.commands, parts.toolbox, binding, executor.show, parts.blocking)


def _audiences(parts: Parts) -> Audiences:
    return Audiences(
        controls=parts.store.controls,
        connections=parts.connections,
        blocking=parts.blocking,
        catalog=parts.publisher.catalog,
        pace=parts.pace,
        clock=parts.clock,
        counted=parts.tracing.counted,
    )

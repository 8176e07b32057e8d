"""The worker's program: it assembles the parts and runs them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from pydantic_ai.models import Model

from forge.aws import credentials as aws_credentials
from forge.aws.from_environment import region_of
from forge.errors import MissingApiKey
from forge.models.session import NetworkInfo
from forge.observability import configure_logging, show_error_texts
from forge.ports.connections import AsyncConnections
from forge.queue import open_queue
from forge.setting_errors import said_at_start
from forge.store import Store, open_store, system_clock
from worker.agent.agent import ForgeAgent
from worker.agent.llm.build import build_llm
from worker.agent.llm.provider_limits import limits_of
from worker.agent.tools.external.external_servers import ExternalServers
from worker.agent.tools.toolbox import Toolbox
from worker.agent.wallet import Wallet
from worker.assembly import Parts, assemble
from worker.blocking_calls import Blocking
from worker.ethereum.chains import Chains
from worker.ethereum.known_networks import rpc_variable
from worker.mcp_servers.own_servers import mount, networks
from worker.operation.metrics import SERVICE, Metrics
from worker.operation.signals import stop_on_signals
from worker.operation.tracing import Tracing
from worker.push.frame_pace import PACES
from worker.push.signed_connections import SignedConnections
from worker.serve import serve
from worker.settings import WorkerSettings
from worker.tool_catalog import Publisher


async def run(environment: Mapping[str, str], built: Callable[[], None] = lambda: None) -> None:
    """`built` is called when everything exists and nothing has been started yet."""
    configure_logging(SERVICE)
    with said_at_start("worker"):
        settings = WorkerSettings.from_environment(environment)
    if settings.log_error_texts:
        show_error_texts()
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with AsyncExitStack() as stack:
        with said_at_start("worker"):
            connections = _connections(settings, environment)
        stack.push_async_callback(connections.close)
        with said_at_start("worker"):
            llm = _llm(settings.forge_llm, environment)
        if isinstance(llm, Model):
            await stack.enter_async_context(llm)
        tracing = _tracing(settings, environment)
        stack.push_async_callback(tracing.close)
        with said_at_start("worker"):
            parts = _parts(settings, environment, llm, connections, tracing)
        worker = assemble(parts, settings.worker_concurrency)
        built()
        await serve(
            worker,
            stop,
            stop_seconds=settings.worker_stop_seconds,
            heartbeat=Path(settings.worker_heartbeat) if settings.worker_heartbeat else None,
        )


def _parts(
    settings: WorkerSettings,
    environment: Mapping[str, str],
    llm: Model | MissingApiKey,
    connections: AsyncConnections,
    tracing: Tracing,
) -> Parts:
    store, blocking = open_store(settings), Blocking(_threads(settings))
    toolbox = _toolbox(settings, environment, store)
    missing = llm if isinstance(llm, MissingApiKey) else None
    return Parts(
        worker_id=uuid.uuid4().hex[:12],
        store=store,
        queue=open_queue(settings),
        connections=connections,
        blocking=blocking,
        toolbox=toolbox,
        agent=_agent(llm, toolbox, settings, tracing) if isinstance(llm, Model) else None,
        llm_error=missing,
        publisher=Publisher(
            store.commands,
            toolbox,
            blocking,
            system_clock,
            llm=settings.forge_llm,
            missing_api_key=missing is not None,
            notices=operator_notices(settings, networks(environment), missing),
            others_since=settings.other_workers_since,
            started_at=settings.worker_started_at,
        ),
        metrics=Metrics(enabled=settings.worker_metrics),
        clock=system_clock,
        pace=PACES[settings.frame_pace],
        tracing=tracing,
    )


def _agent(llm: Model, toolbox: Toolbox, settings: WorkerSettings, tracing: Tracing) -> ForgeAgent:
    return ForgeAgent(llm, toolbox, settings.limits, observing=tracing.capabilities())


def _tracing(settings: WorkerSettings, environment: Mapping[str, str]) -> Tracing:
    if not settings.is_traced or not settings.trace_ratio:
        return Tracing()
    from worker.operation.span_export import open_export

    export = open_export(settings, environment.get("OTEL_EXPORTER_OTLP_HEADERS", ""))
    return Tracing(export, system_clock, settings.trace_ratio)


def _toolbox(settings: WorkerSettings, environment: Mapping[str, str], store: Store) -> Toolbox:
    policy = settings.policy
    return Toolbox(
        mount(environment),
        networks(environment),
        ExternalServers.from_environment(environment, store.pins),
        Wallet(Chains.from_environment(environment), policy, settings.wallet_terms),
        policy,
        limits_of(settings.forge_llm, environment),
    )


def _llm(name: str, environment: Mapping[str, str]) -> Model | MissingApiKey:
    try:
        return build_llm(name, environment)
    except MissingApiKey as missing:
        return missing


def operator_notices(
    settings: WorkerSettings, offered: Sequence[NetworkInfo], missing: MissingApiKey | None
) -> list[str]:
    """Return notices for every user of this deployment."""
    found: list[str] = []
    if missing:
        found.append(f"No LLM can answer: set {missing.variable} where the worker runs, and restart it.")
    if settings.forge_llm == "offline":
        found.append(
            "No language model is configured (FORGE_LLM): the offline operator answers a fixed set of commands. "
            "Write “help” to see them."
        )
    names, first = [each.name for each in offered], settings.default_network
    if names and first not in names:
        found.append(
            f"A new conversation begins on {first}, which has no node here: set {rpc_variable(first)}, "
            f"or DEFAULT_NETWORK to {' or '.join(names)}."
        )
    return found


def _connections(settings: WorkerSettings, environment: Mapping[str, str]) -> SignedConnections:
    credentials = aws_credentials()
    if credentials is None:
        raise SystemExit(
            "The worker cannot start. It has no AWS credentials: give its container a role, or set AWS_PROFILE or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    region = region_of(environment) or "us-east-1"
    return SignedConnections(settings.forge_connections_url, region, credentials)


def _threads(settings: WorkerSettings) -> int:
    """A long poll uses one; a run needs one for a few milliseconds at a time. A thread that has worked keeps memory."""
    return min(32, 8 + settings.worker_concurrency // 4)

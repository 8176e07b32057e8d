"""A whole worker over an emulated AWS, a scripted LLM and a small MCP server, for the worker's tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.credentials import Credentials
from pydantic_ai.models import Model
from pydantic_ai.models.function import FunctionModel

from forge.models.ids import new_run_id
from forge.models.run import RunMessage, Submission
from forge.models.session import Connection, Control, NetworkInfo, Session
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.work import Lease
from forge.settings import Settings
from forge.store import Store, open_store
from tests.worker.gateway import Gateway, Page
from tests.worker.machines import Clock, PollingQueue
from worker.agent.agent import ForgeAgent, Limits
from worker.agent.operator_limits import Policy
from worker.agent.tools.toolbox import ForeignServers, Toolbox
from worker.agent.wallet import Wallet
from worker.assembly import Parts, assemble, leased_records
from worker.blocking_calls import Blocking
from worker.operation.metrics import Metrics
from worker.operation.tracing import Tracing
from worker.push.feed import Feed
from worker.push.signed_connections import SignedConnections
from worker.runs.control_poll import LocalRuns
from worker.runs.leased_record import LeasedRecord
from worker.serve import serve
from worker.tool_catalog import Publisher

KEY = SessionKey(ANONYMOUS, "a-session-that-no-log-may-name")
"""`conftest.py` fails each test in which a log line has its id."""
LIMITS = Limits(seconds=30, llm_requests=8, tool_calls=20, tokens=1_000_000, history_tokens=100_000)
PLACES = 20
"""Of each worker."""
NETWORKS = [
    NetworkInfo(name="testnet", chain_id=31337, title="Test network", sends=True),
    NetworkInfo(name="mainnet", chain_id=1, title="Ethereum"),
]


@dataclass
class Stage:
    store: Store
    queue: PollingQueue
    clock: Clock
    gateway: Gateway
    connections: SignedConnections
    servers: list[Any]
    llm: Model
    llm_error: Exception | None = None
    limits: Limits = LIMITS
    wallet: Wallet | None = None
    foreign: ForeignServers | None = None
    policy: Policy | None = None
    networks: list[NetworkInfo] = field(default_factory=lambda: NETWORKS)
    dead_servers: list[str] = field(default_factory=list[str])
    active: LocalRuns | None = None
    """The runs of the worker that was started last."""
    workers: list[tuple[asyncio.Task[None], asyncio.Event]] = field(
        default_factory=list[tuple[asyncio.Task[None], asyncio.Event]]
    )

    def parts(self, **other: Any) -> Parts:
        servers = [*((s.name, s) for s in self.servers), *((url, url) for url in self.dead_servers)]
        blocking = other.get("blocking") or Blocking(16)
        observing = other.get("tracing", Tracing()).capabilities()
        toolbox = Toolbox(servers, self.networks, self.foreign, self.wallet, self.policy)
        publisher = Publisher(
            self.store.commands,
            toolbox,
            blocking,
            self.clock,
            llm="scripted",
            missing_api_key=self.llm_error is not None,
            notices=[],
        )
        made = Parts(
            worker_id=new_run_id()[:12],
            store=self._store_with(other),
            queue=self.queue,
            connections=self.connections,
            blocking=blocking,
            toolbox=toolbox,
            agent=None if self.llm_error else ForgeAgent(self.llm, toolbox, self.limits, 0.01, observing),
            llm_error=self.llm_error,
            publisher=publisher,
            metrics=Metrics(enabled=False),
            clock=self.clock,
        )
        return replace(made, **other)

    def _store_with(self, other: dict[str, Any]) -> Store:
        """The store with what `other` has in place of its parts; `other` keeps what is none of them."""
        if not (names := other.keys() & vars(Store).keys()):
            return self.store
        store = copy(self.store)
        vars(store).update({name: other.pop(name) for name in names})
        return store

    def record(self, lease: Lease, **other: Any) -> tuple[LeasedRecord, Feed]:
        """What a worker that holds `lease` writes with, and what it shows."""
        parts = self.parts(**other)
        feed = Feed(parts.publisher.catalog)
        feed.start(lease.session)
        return leased_records(parts)(feed, lease), feed

    def start(self, stop_seconds: float = 1.0, **other: Any) -> asyncio.Task[None]:
        stop = asyncio.Event()
        worker = assemble(self.parts(**other), PLACES)
        self.active = worker.active
        task = asyncio.create_task(serve(worker, stop, stop_seconds=stop_seconds), name="worker")
        self.workers.append((task, stop))
        return task

    async def stop(self) -> None:
        """Ask all workers to stop and wait until they have."""
        for _, stop in self.workers:
            stop.set()
        await asyncio.gather(*(task for task, _ in self.workers))
        self.workers.clear()

    async def kill(self) -> None:
        """End the workers as a lost machine would: nothing is released, nothing is written."""
        self.queue.lose_machines()
        for task, _ in self.workers:
            task.cancel()
        await asyncio.gather(*(task for task, _ in self.workers), return_exceptions=True)
        self.workers.clear()

    async def pass_the_lease(self) -> None:
        """What a dead worker held becomes free: its lease and its queue message run out."""
        self.clock.ahead += 7_000
        await asyncio.to_thread(self.queue.let_visibility_end)

    async def replace_worker(self, **other: Any) -> None:
        """The worker's machine is lost; when what it held has become free, another worker is there."""
        await self.kill()
        await self.pass_the_lease()
        self.start(**other)

    async def open_page(self, connection_id: str = "c1=", key: SessionKey = KEY) -> Page:
        connection = Connection(connection_id=connection_id, key=key, connected_at=self.clock())
        await asyncio.to_thread(self.store.controls.connect, connection)
        return self.gateway.page(connection_id)

    async def say(self, content: str, key: SessionKey = KEY, **values: Any) -> str:
        """Accept a message and queue its run, as `POST /api/chat` does."""
        run_id = await self.accept(content, key, **values)
        await asyncio.to_thread(self.queue.send, message_of(await self.session(key), run_id))
        return run_id

    async def accept(self, content: str, key: SessionKey = KEY, **values: Any) -> str:
        """Accept a message whose queue message is lost."""
        run_id = new_run_id()
        submission = Submission(run_id=run_id, content=content, created_at=self.clock(), **values)
        await asyncio.to_thread(self.store.inbox.accept, key, submission)
        return run_id

    async def interrupt(self, run_id: str, key: SessionKey = KEY) -> None:
        await asyncio.to_thread(self.store.controls.request_interrupt, key, run_id)

    async def session(self, key: SessionKey = KEY) -> Session:
        session = await asyncio.to_thread(self.store.sessions.get, key)
        assert session is not None
        return session

    async def control(self, key: SessionKey = KEY) -> Control:
        return (await asyncio.to_thread(self.store.controls.read, [key]))[key]

    async def log(self, key: SessionKey = KEY) -> list[tuple[str, str]]:
        """Sender and content of every message; their numbers have no gap."""
        session = await self.session(key)
        messages = await asyncio.to_thread(self.store.sessions.messages, session)
        assert [message.seq for message in messages] == list(range(session.logged))
        return [(message.sender, message.content) for message in messages]


def message_of(session: Session, run_id: str) -> RunMessage:
    payer = next((each.payer for each in session.inbox if each.run_id == run_id), "")
    return session.run_message(run_id, payer=payer)


def saying(*pieces: str) -> FunctionModel:
    """An LLM that always answers the same."""

    async def stream(_messages: Any, _info: Any) -> AsyncIterator[str]:
        for piece in pieces:
            yield piece

    return FunctionModel(stream_function=stream)


def playing(script: Callable[..., AsyncIterator[Any]]) -> FunctionModel:
    return FunctionModel(stream_function=script)


@asynccontextmanager
async def stage_of(
    settings: Settings, dynamodb: Any, queue: PollingQueue, gateway: Gateway
) -> AsyncGenerator[Stage]:
    clock = Clock()
    connections = SignedConnections(gateway.url, "us-east-1", Credentials("key", "secret"))
    store = open_store(settings, clock, dynamodb)
    stage = Stage(store, queue, clock, gateway, connections, [], saying("hello"))
    try:
        yield stage
    finally:
        await stage.kill()
        await connections.close()

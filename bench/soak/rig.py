"""Two gateways, two workers, an emulator and the outside world, each reached through the proxy."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.soak.events import EVERYTHING, Event
from bench.soak.items import Items
from bench.soak.proxy import Proxy
from bench.soak.settings import OURS, SETTINGS
from bench.soak.wall_clock import WallClocks
from bench.soak.wires import wiring_of
from bench.soak.world import SERVER, World, serving
from forge.models.run import RunMessage
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.queue import open_queue
from forge.settings import Settings
from forge.store import keys, open_store, system_clock
from local_dev.aws.create_tables import client, create_tables
from local_dev.aws.credential import Credential
from local_dev.aws.sqs.queue_server import QueueServer, open_queues
from local_dev.processes.dynamodb_emulator import Emulator, chosen
from local_dev.processes.processes import Child, Processes
from local_dev.template.aws_variables import aws_variables
from local_dev.template.resource_names import shapes
from local_dev.template.wiring import Wiring

READY_SECONDS = 60.0
CREDENTIAL = Credential("SOAK")
GATEWAY = [sys.executable, "-m", "bench.soak.gateway"]
FORK_SERVER = [sys.executable, "-m", "bench.soak.fork_server"]


@dataclass
class Rig:
    """The running test set-up."""

    proxy: Proxy
    """The proxy through which every request passes."""
    world: World
    """The LLM provider and the paying tool."""
    folder: Path
    """The folder of logs and state."""
    aws: Mapping[str, str]
    """The AWS variables of the rig's own clients."""
    environment: Mapping[str, str]
    """The environment of the application's processes."""
    processes: Processes
    """Starts and ends the processes."""
    clocks: WallClocks
    """The wall clocks of the workers."""
    items: Items
    """Changes stored items without the application."""
    workers: list[str] = field(default_factory=list[str])
    """The names of the running workers."""
    gateways: dict[str, Child] = field(default_factory=dict[str, Child])
    """The processes of the gateways, by name."""
    keepers: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]])
    """The tasks that start a dead process again, by its name."""
    is_closing: bool = False
    """True once processes that end are not started again."""

    @property
    def urls(self) -> list[str]:
        return self.proxy.gateways

    async def start_gateway(self, name: str) -> None:
        endpoint = await self.proxy.open_port(name)
        command = [*GATEWAY, endpoint]
        environment = {**self.environment, "AWS_ACCESS_KEY_ID": CREDENTIAL.access_key}
        self.gateways[name], url = await self.processes.start_until(name, command, environment, _address)
        self.proxy.gateways.append(url)

    async def start_worker(self, name: str) -> None:
        """Start it again whenever it ends, as ECS does, until it is retired. A name may be used again after that."""
        endpoint, since = await self.proxy.open_port(name), len(self.proxy.history)
        environment = self._worker_environment(name, endpoint)
        self.workers.append(name)
        self.keepers[name] = asyncio.create_task(self._keep(name, environment), name=f"keep {name}")
        await self.until(lambda event: event.client == name and event.crossing == "catalog.put", since)

    async def retire_worker(self, name: str) -> None:
        """Wait until its process has ended and is not started again. One that waits for its restart is told too."""
        self.workers.remove(name)
        keeper, told = self.keepers.pop(name), 0
        await self.proxy.note(name, EVERYTHING, "stop", frozenset())
        while not keeper.done():
            if (pid := self.proxy.pids.get(name, 0)) != told:
                with suppress(ProcessLookupError):
                    os.kill(told := pid, signal.SIGTERM)
            await asyncio.wait({keeper}, timeout=0.1)

    async def until(
        self, condition: Callable[[Event], bool], since: int, seconds: float = READY_SECONDS
    ) -> Event:
        """Return the first event, from number `since` of the history on, that meets `condition`. Raises
        `TimeoutError`.
        """
        async with asyncio.timeout(seconds), self.proxy.recorded:
            while True:
                for event in self.proxy.history[since:]:
                    if condition(event):
                        return event
                since = len(self.proxy.history)
                await self.proxy.recorded.wait()

    def resend(self, ref: str, run_id: str) -> None:
        """Add a queue message as SQS may deliver it after its five minutes of deduplication are over."""
        wiring = wiring_of("", self.environment)
        settings = Settings.from_environment(wiring.worker_environment())
        sqs, dynamodb = client("sqs", self.aws), client("dynamodb", self.aws)
        key = SessionKey(ANONYMOUS, ref)
        session = open_store(settings, system_clock, dynamodb).sessions.get(key)
        generation = session.generation if session else 0
        message = RunMessage(owner=key.owner, session_id=ref, generation=generation, run_id=run_id)
        open_queue(settings, sqs).send(message, resend=True)

    def expire(self, ref: str) -> None:
        """End the session as if its time had passed; DynamoDB deletes expired items some time later."""
        key = {"pk": {"S": keys.partition(SessionKey(ANONYMOUS, ref))}, "sk": {"S": "session"}}
        wiring = wiring_of("", self.environment)
        settings = Settings.from_environment(wiring.worker_environment())
        client("dynamodb", self.aws).update_item(
            TableName=settings.forge_table,
            Key=key,
            UpdateExpression="SET expires_at = :past",
            ExpressionAttributeValues={":past": {"N": str(system_clock() // 1_000 - 1)}},
        )

    async def whole(self) -> None:
        """Wait until every worker runs and is ready again."""
        async with asyncio.timeout(READY_SECONDS):
            while not all(self.is_ready(name) for name in self.workers):  # noqa: ASYNC110  processes, no events
                await asyncio.sleep(0.05)

    def is_ready(self, name: str) -> bool:
        """Return whether the current process has published what it offers, and is not frozen."""
        return self.proxy.pids.get(name) in self.proxy.published and name not in self.proxy.frozen

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    async def _keep(self, name: str, environment: Mapping[str, str]) -> None:
        log = str(self.folder / f"{name}.log")
        fields = {"environment": dict(environment), "log": log, "clock": str(self.clocks.file(name))}
        order = json.dumps(fields).encode() + b"\n"
        while name in self.workers and not self.is_closing:
            reader, writer = await asyncio.open_unix_connection(self.fork_server)
            writer.write(order)
            if pid := await reader.readline():
                self.proxy.pids[name] = int(pid)
                await reader.read()
            writer.close()

    @property
    def fork_server(self) -> Path:
        return self.folder / "fork_server"

    async def start_fork_server(self) -> None:
        command = [*FORK_SERVER, str(self.fork_server)]
        await self.processes.start_until("fork_server", command, self.environment, _ready)

    def _worker_environment(self, name: str, endpoint: str) -> dict[str, str]:
        config = self.folder / f"{name}.mcp.json"
        server = {"url": f"{endpoint}/tools/mcp", "trustAnnotations": True, "timeout": 8000}
        config.write_text(json.dumps({"mcpServers": {SERVER: server}}))
        wiring = wiring_of(endpoint, self.environment)
        return {
            **self.environment,
            **aws_variables({}, endpoint, endpoint, CREDENTIAL.access_key),
            **wiring.worker_environment(),
            "FORGE_MCP_CONFIG": str(config),
            "OPENAI_BASE_URL": f"{endpoint}/llm/v1",
            "OPENAI_API_KEY": name,
        }


@asynccontextmanager
async def serving_queues(wiring: Wiring, folder: Path) -> AsyncGenerator[str]:
    """The queues in this process, and their address; processes are killed and frozen around them."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    kept = open_queues(folder / "queues.db", print)
    server = QueueServer(listener.detach(), kept, wiring, system_clock, CREDENTIAL)
    serving = asyncio.create_task(server.run(), name="queues")
    try:
        yield server.url
    finally:
        server.stop()
        await serving


@asynccontextmanager
async def running_rig(settings: Mapping[str, str] | None = None, workers: int = 2) -> AsyncGenerator[Rig]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="forge-rig-")))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        environment = {**inherited, **SETTINGS, **(settings or {})}
        processes = Processes(folder)
        stack.push_async_callback(processes.close)
        wiring = wiring_of("", environment)
        emulator = Emulator(processes, chosen(""), folder, shapes(wiring), print)
        await emulator.start()
        queues = await stack.enter_async_context(serving_queues(wiring, folder))
        aws = aws_variables({}, emulator.url, queues, CREDENTIAL.access_key)
        await asyncio.to_thread(create_tables, wiring, aws)
        world = World()
        tools = await stack.enter_async_context(serving(world))
        proxy = Proxy(emulator.url, queues, tools)
        stack.push_async_callback(proxy.close)
        items = Items(
            client("dynamodb", aws), Settings.from_environment(wiring.worker_environment()).forge_table
        )
        rig = Rig(proxy, world, folder, aws, environment, processes, WallClocks(folder), items)
        try:
            await rig.start_fork_server()
            await asyncio.gather(
                *(rig.start_gateway(name) for name in ("gateway-1", "gateway-2")),
                *(rig.start_worker(f"worker-{number + 1}") for number in range(workers)),
            )
            yield rig
        finally:
            rig.is_closing = True
            await processes.close()
            await asyncio.gather(*rig.keepers.values(), return_exceptions=True)


def _ready(line: str) -> str | None:
    return line if line.startswith("ready") else None


def _address(line: str) -> str | None:
    return line.split()[1] if line.startswith("ready ") else None

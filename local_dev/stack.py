"""The whole application on one computer: what is started, in which order, and how it ends."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import socket
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from forge.settings import Settings
from local_dev import environment as variables
from local_dev.chain import start_chain
from local_dev.connections_api import ConnectionsApi
from local_dev.emulator import chosen, start_emulator
from local_dev.gateway import SOCKET_PATH, Gateway, Server
from local_dev.http_api import HttpApi
from local_dev.lambda_runtime import LambdaRuntime
from local_dev.limits import MANAGEMENT_PATH
from local_dev.options import Options
from local_dev.page import Page
from local_dev.processes import ROOT, Processes, StartFailed
from local_dev.routing import Routes
from local_dev.schedule import run_schedule
from local_dev.template import Template
from local_dev.websocket_api import WebSocketApi
from local_dev.wiring import Wiring
from local_dev.workers import Workers

WORKER_STOP_SECONDS = 3.3
"""A worker ends its runs within WORKER_STOP_SECONDS of its own (3), so that the whole stack ends within 5."""


class Stack:
    """One start of everything. `report` tells a person one line; `environment` is the developer's."""

    def __init__(
        self,
        options: Options,
        environment: Mapping[str, str],
        listener: socket.socket,
        report: Callable[[str], None],
    ) -> None:
        self._options = options
        self._environment = environment
        self._report = report
        self._listener = listener
        self._processes = Processes(options.folder, verbose=options.verbose)
        self._runtime = LambdaRuntime(report)
        self._tasks: list[asyncio.Task[None]] = []
        self._server: Server | None = None
        self._workers: Workers | None = None
        self._child_environment: dict[str, str] = {}
        self.failed = asyncio.Event()
        host, port = listener.getsockname()[:2]
        self.address = f"{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    async def start(self) -> None:
        """Raises `StartFailed`; whatever was started by then still wants `stop`."""
        started = time.time()
        endpoint, chain_url = await self._start_surroundings()
        template = Template.load(ROOT / "template.yaml", region=variables.region(self._environment))
        aws = variables.aws_variables(self._environment, endpoint)
        wiring = await self._create_resources(template, aws)
        self._child_environment = aws | wiring.worker_environment()
        if chain_url:
            self._child_environment["TESTNET_RPC_URL"] = chain_url
        base = variables.without_own_credentials(self._environment)
        self._workers = Workers(self._processes, base | self._child_environment, self._report, self._describe)
        await self._workers.start(self._options.workers)
        os.environ.update(aws)
        await asyncio.to_thread(self._load_functions, wiring)
        self._serve(wiring)
        await self._workers.until_ready(self._catalog_since(started, aws))
        self._watch(self._workers.keep_running(), "workers")
        self._play_the_cloud(wiring, aws)
        self._watch(self._until_ended("emulator"), "emulator")
        self._describe()

    async def stop(self) -> None:
        """Within 5 s: no new requests, the workers end their runs, then everything else goes."""
        for task in self._tasks:
            task.cancel()
        if self._server:
            self._server.should_exit = True
        if self._workers:
            await self._workers.stop(WORKER_STOP_SECONDS)
        await self._processes.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=0.5)
        self._runtime.close()
        self._listener.close()

    async def _start_surroundings(self) -> tuple[str, str | None]:
        name = chosen({"FORGE_EMULATOR": self._options.emulator})
        keep = self._options.folder / "state" if self._options.keep_state and name == "ministack" else None
        endpoint, (chain_url, chain_says), _ = await asyncio.gather(
            start_emulator(self._processes, name, keep),
            start_chain(self._processes, self._environment),
            asyncio.to_thread(importlib.import_module, "local_dev.aws"),
        )
        memory = f"kept in {keep}" if keep else "in memory: conversations end with this start"
        self._report(f"{name} at {endpoint}, state {memory}")
        self._report(chain_says)
        return endpoint, chain_url

    async def _create_resources(self, template: Template, aws: Mapping[str, str]) -> Wiring:
        from local_dev.aws import create_resources

        addresses = dict.fromkeys(Wiring(template).socket_apis(), self.url + MANAGEMENT_PATH)
        wiring = Wiring(template, self._environment, addresses)
        await asyncio.to_thread(create_resources, template, wiring, _with_credentials(aws))
        return wiring

    def _load_functions(self, wiring: Wiring) -> None:
        streaming = [route.function for route in wiring.http_routes() if route.streams]
        names = {function.name for function in streaming}
        self._runtime.load([each for each in wiring.functions().values() if each.name not in names])
        self._runtime.load(streaming, "app")

    def _serve(self, wiring: Wiring) -> None:
        limits = self._options.limits
        if (api := wiring.socket_api()) is None:
            raise StartFailed("template.yaml has no WebSocket API")
        sockets = WebSocketApi(api, self._runtime, limits)
        gateway = Gateway(
            http=HttpApi(Routes(wiring.http_routes()), self._runtime, wiring.cors(), limits),
            sockets=sockets,
            connections=ConnectionsApi(sockets, variables.access_key(self._environment), limits),
            page=Page(ROOT / "frontend", wiring.page_headers()),
        )
        self._server = Server(gateway, self._listener, limits)
        self._watch(self._server.run_until_stopped(), "server")

    def _catalog_since(self, started: float, aws: Mapping[str, str]) -> Callable[[], bool]:
        """Whether a worker of this start has published what it offers."""
        from forge.store import open_store, system_clock
        from local_dev.aws import client

        settings = Settings.from_environment(self._child_environment)
        store = open_store(settings, system_clock, client("dynamodb", _with_credentials(aws)))

        def published() -> bool:
            catalog = store.commands.catalog()
            return catalog is not None and catalog.published_at >= started * 1000

        return published

    def _play_the_cloud(self, wiring: Wiring, aws: Mapping[str, str]) -> None:
        from local_dev.aws import client
        from local_dev.expiry import Expiry

        for schedule in wiring.schedules():
            seconds = self._options.schedule_seconds
            self._watch(run_schedule(schedule, self._runtime, seconds), schedule.function.name)
        dynamodb = client("dynamodb", _with_credentials(aws))
        for logical, properties in wiring.tables().items():
            if "TimeToLiveSpecification" in properties:
                name = wiring.template.refs[logical]
                streams = wiring.table_streams()
                expiry = Expiry(dynamodb, name, properties, streams, self._runtime, self._report)
                self._watch(expiry.run(self._options.expiry_seconds), f"expiry of {name}")

    async def _until_ended(self, name: str) -> None:
        child = self._processes.running[name]
        code = await child.process.wait()
        if not child.stopping:
            raise StartFailed(f"ended with {code}\n{child.tail()}")

    def _watch(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """A part that ends by itself ends the whole."""
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (self._server and self._server.should_exit):
            return
        if error := task.exception():
            self._report(f"{task.get_name()} failed: {type(error).__name__}: {error}")
        self.failed.set()

    def _describe(self) -> None:
        if (file := self._options.stack_file) is None:
            return
        description = {
            "base_url": self.url,
            "ws_url": f"ws://{self.address}{SOCKET_PATH}",
            "environment": self._child_environment,
            "processes": {child.name: child.pid for child in self._processes.running.values()},
        }
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(description))
        draft.replace(file)


def _with_credentials(aws: Mapping[str, str]) -> dict[str, str]:
    """The emulators accept any credentials, but the client wants some."""
    return {"AWS_ACCESS_KEY_ID": variables.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": "local", **aws}

"""The whole application on one computer: what is started, in which order, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Callable, Mapping

from forge.settings import Settings
from forge.store import open_store, system_clock
from local_dev import environment as variables
from local_dev.aws import client, create_resources
from local_dev.background import Background
from local_dev.chain import start_chain
from local_dev.emulator import chosen, emulator_listener, endpoint_of, start_emulator
from local_dev.expiry import Expiry
from local_dev.gateway import SOCKET_PATH, Server, build_gateway
from local_dev.lambda_runtime import LambdaRuntime
from local_dev.limits import MANAGEMENT_PATH
from local_dev.names import name_resources
from local_dev.options import Options
from local_dev.processes import ROOT, Processes, StartFailed
from local_dev.schedule import run_schedule
from local_dev.template import Template
from local_dev.wiring import Wiring
from local_dev.workers import Workers

WORKER_STOP_SECONDS = 3.0
"""When a worker is killed; by then it has ended its runs, so that the whole stack ends within 5 s."""
LOCAL = {"WORKER_STOP_SECONDS": "2"}
"""What a worker is told here unless the developer says otherwise."""


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
        self._background = Background(report)
        self._server: Server | None = None
        self._workers: Workers | None = None
        self._described: dict[str, str] = {}
        host, port = listener.getsockname()[:2]
        self.address = f"{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def failed(self) -> asyncio.Event:
        """Set when a part without which nothing works has ended."""
        return self._background.failed

    async def start(self) -> None:
        """Everything that can starts at once. Raises `StartFailed`; what runs by then still wants `stop`."""
        began = time.time()
        listener = emulator_listener()
        wiring = self._read_template(endpoint_of(listener))
        aws = variables.aws_variables(self._environment, endpoint_of(listener))
        emulating = asyncio.create_task(self._start_emulator(listener, wiring, aws))
        try:
            chain = await self._start_chain()
            self._described = {**aws, **wiring.worker_environment(), **chain}
            workers = await self._start_workers()
            os.environ.update(aws)
            await asyncio.to_thread(self._load_functions, wiring)
        except BaseException:
            emulating.cancel()
            raise
        await emulating
        await workers.start_again()
        self._serve(wiring)
        await workers.until_ready(self._catalog_since(began, aws))
        self._background.start(workers.keep_running(), "workers")
        self._background.start(self._until_ended("emulator"), "emulator")
        self._play_the_cloud(wiring, aws)
        self._describe()

    async def stop(self) -> None:
        """Within 5 s: the workers end their runs, and say so to those who listen; then everything else goes."""
        self._background.expect_the_end()
        if self._workers:
            await self._workers.stop(WORKER_STOP_SECONDS)
        if self._server:
            self._server.should_exit = True
        await asyncio.gather(self._processes.close(), self._background.stop("server", seconds=1.3))
        self._runtime.close()
        self._listener.close()

    def _read_template(self, endpoint: str) -> Wiring:
        template = Template.load(ROOT / "template.yaml", region=variables.region(self._environment))
        name_resources(template, endpoint)
        addresses = dict.fromkeys(Wiring(template).socket_apis(), self.url + MANAGEMENT_PATH)
        return Wiring(template, self._environment, addresses)

    async def _start_emulator(self, listener: socket.socket, wiring: Wiring, aws: Mapping[str, str]) -> None:
        name = chosen(self._options.emulator)
        keep = self._options.folder / "state" if self._options.keep_state and name == "ministack" else None
        await start_emulator(self._processes, name, listener, keep)
        memory = f"kept in {keep}" if keep else "in memory: conversations end with this start"
        self._report(f"{name} at {aws['AWS_ENDPOINT_URL']}, state {memory}")
        await asyncio.to_thread(create_resources, wiring, _with_credentials(aws))

    async def _start_chain(self) -> dict[str, str]:
        url, says = await start_chain(self._processes, self._environment)
        self._report(says)
        return {"TESTNET_RPC_URL": url} if url else {}

    async def _start_workers(self) -> Workers:
        environment = LOCAL | variables.without_own_credentials(self._environment) | self._described
        self._workers = Workers(self._processes, environment, self._report, self._describe)
        await self._workers.start(self._options.workers)
        return self._workers

    def _load_functions(self, wiring: Wiring) -> None:
        streaming = {route.function.name for route in wiring.http_routes() if route.streams}
        functions = wiring.functions().values()
        self._runtime.load(each for each in functions if each.name not in streaming)
        self._runtime.load((each for each in functions if each.name in streaming), "app")

    def _serve(self, wiring: Wiring) -> None:
        key = variables.access_key(self._environment)
        gateway = build_gateway(wiring, self._runtime, ROOT / "frontend", key, self._options.limits)
        self._server = Server(gateway, self._listener, self._options.limits)
        self._background.start(self._server.run_until_stopped(), "server")

    def _catalog_since(self, began: float, aws: Mapping[str, str]) -> Callable[[], bool]:
        """Whether a worker of this start has published what it offers."""
        settings = Settings.from_environment(self._described)
        store = open_store(settings, system_clock, client("dynamodb", _with_credentials(aws)))

        def published() -> bool:
            catalog = store.commands.catalog()
            return catalog is not None and catalog.published_at >= began * 1000

        return published

    def _play_the_cloud(self, wiring: Wiring, aws: Mapping[str, str]) -> None:
        for schedule in wiring.schedules():
            seconds = self._options.schedule_seconds
            self._background.start(run_schedule(schedule, self._runtime, seconds), schedule.function.name)
        dynamodb = client("dynamodb", _with_credentials(aws))
        for logical, properties in wiring.tables().items():
            if "TimeToLiveSpecification" in properties:
                name, streams = wiring.template.refs[logical], wiring.table_streams()
                expiry = Expiry(dynamodb, name, properties, streams, self._runtime, self._report)
                self._background.start(expiry.run(self._options.expiry_seconds), f"expiry of {name}")

    async def _until_ended(self, name: str) -> None:
        child = self._processes.running[name]
        code = await child.process.wait()
        if not child.stopping:
            raise StartFailed(f"ended with {code}\n{child.tail()}")

    def _describe(self) -> None:
        """For tests: where the stack is, and its processes as of now."""
        if (file := self._options.stack_file) is None:
            return
        description = {
            "base_url": self.url,
            "ws_url": f"ws://{self.address}{SOCKET_PATH}",
            "environment": self._described,
            "processes": {child.name: child.pid for child in self._processes.running.values()},
        }
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(description))
        draft.replace(file)


def _with_credentials(aws: Mapping[str, str]) -> dict[str, str]:
    """The emulators accept any credentials, but the client wants some."""
    return {"AWS_ACCESS_KEY_ID": variables.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": "local", **aws}

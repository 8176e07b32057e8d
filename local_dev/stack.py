"""The whole application on one computer: what is started, in which order, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from local_dev import environment as variables
from local_dev.background import Background
from local_dev.chain import start_chain
from local_dev.emulator import chosen, emulator_listener, endpoint_of, start_emulator
from local_dev.error_lines import report_errors
from local_dev.limits import MANAGEMENT_PATH, SOCKET_PATH
from local_dev.names import name_resources
from local_dev.options import Options
from local_dev.processes import ROOT, Processes, StartFailed
from local_dev.reload import Reloader
from local_dev.template import Template
from local_dev.wiring import Wiring
from local_dev.workers import Workers

if TYPE_CHECKING:
    from local_dev.cloud import Cloud
    from local_dev.gateway import Server

WORKER_STOP_SECONDS = 2.5
"""When a worker is killed; by then it has ended its runs, so that the whole stack ends within 5 s."""
LOCAL = {"WORKER_STOP_SECONDS": "1", "LOG_ERROR_TEXTS": "true"}
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
        self._background = Background(report)
        self._workers: Workers | None = None
        self._cloud: Cloud | None = None
        self._server: Server | None = None
        self._described: dict[str, str] = {}
        self._kept = options.folder / "state" if options.keep_state else None
        if self._kept:
            self._kept.mkdir(parents=True, exist_ok=True)
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
        aws = variables.aws_variables(self._environment, endpoint_of(listener))
        wiring = self._read_template(endpoint_of(listener))
        emulating = asyncio.create_task(self._start_emulator(listener))
        try:
            workers = await self._start_workers(aws, wiring)
            os.environ.update(aws)
            cloud = self._cloud = await asyncio.to_thread(self._import_cloud, wiring, aws)
            loading = asyncio.create_task(asyncio.to_thread(cloud.load_functions))
            await emulating
            await asyncio.to_thread(cloud.create_resources)
            await loading
        except BaseException:
            emulating.cancel()
            raise
        key, chain = variables.access_key(self._environment), self._described.get("TESTNET_RPC_URL")
        self._server = cloud.serve(self._listener, ROOT / "frontend", key, chain)
        self._background.start(self._server.run_until_stopped(), "server")
        await workers.until_ready(cloud.catalog_since(began))
        self._background.start(workers.keep_running(), "workers")
        if self._options.reload:
            restart = partial(self._restart_workers, workers, cloud)
            reloader = Reloader(restart, cloud.reload_functions, self._report)
            self._background.start(reloader.run(), "reload")
        self._background.start(self._until_ended("emulator"), "emulator")
        if not self._options.verbose:
            self._background.start(report_errors(self._options.folder, self._report), "errors")
        cloud.start_upkeep(self._background)
        self._describe()

    async def stop(self) -> None:
        """Within 5 s: the workers end their runs, and say so to those who listen; then everything else goes."""
        self._background.expect_the_end()
        if self._workers:
            await self._workers.stop(WORKER_STOP_SECONDS)
        if self._server:
            self._server.should_exit = True
        await asyncio.gather(self._processes.close(), self._background.stop("server", seconds=1.3))
        if self._cloud:
            self._cloud.close()
        self._listener.close()

    def _read_template(self, endpoint: str) -> Wiring:
        template = Template.load(ROOT / "template.yaml", region=variables.region(self._environment))
        name_resources(template, endpoint)
        addresses = dict.fromkeys(Wiring(template).socket_apis(), self.url + MANAGEMENT_PATH)
        return Wiring(template, self._environment, addresses)

    async def _start_emulator(self, listener: socket.socket) -> None:
        name = chosen(self._options.emulator)
        kept = self._kept if name == "ministack" else None
        endpoint = endpoint_of(listener)
        await start_emulator(self._processes, name, listener, kept)
        memory = f"kept in {kept}" if kept else "in memory: conversations end with this start"
        self._report(f"{name} at {endpoint}, state {memory}")

    async def _start_workers(self, aws: Mapping[str, str], wiring: Wiring) -> Workers:
        """They take longest to be ready, and need nothing but the addresses until then."""
        url, says = await start_chain(self._processes, self._environment, self._kept)
        self._report(says)
        chain = {"TESTNET_RPC_URL": url} if url else {}
        self._described = {**aws, **wiring.worker_environment(), **chain}
        environment = LOCAL | variables.without_own_credentials(self._environment) | self._described
        self._workers = Workers(self._processes, environment, self._report, self._describe)
        await self._workers.start(self._options.workers)
        return self._workers

    async def _restart_workers(self, workers: Workers, cloud: Cloud) -> None:
        began = time.time()
        await workers.restart(WORKER_STOP_SECONDS)
        await workers.until_ready(cloud.catalog_since(began))

    def _import_cloud(self, wiring: Wiring, aws: Mapping[str, str]) -> Cloud:
        from local_dev.cloud import Cloud

        return Cloud(self._options, wiring, aws, self._report)

    async def _until_ended(self, name: str) -> None:
        child = self._processes.running[name]
        code = await child.process.wait()
        if not child.stopping:
            raise StartFailed(f"ended with {code}\n{child.tail()}")

    def _describe(self) -> None:
        """For tests and tools: where the stack is, and its processes as of now."""
        file = self._options.stack_file
        description = {
            "base_url": self.url,
            "ws_url": f"ws://{self.address}{SOCKET_PATH}",
            "environment": self._described,
            "processes": {child.name: child.pid for child in self._processes.running.values()},
        }
        draft = file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(description))
        draft.replace(file)

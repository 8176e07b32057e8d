"""The whole application on one computer: what is started, in which order, how it is kept running, and how it ends.

This process holds what must not be lost when a part dies: the listening sockets for clients and workers, the ports,
the children. It imports little and does nothing else, so that it is unlikely to die itself.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from local_dev.aws.credential import Credential
from local_dev.aws.table_guard import TableGuard
from local_dev.gateway_messages import GatewaySettings, listen
from local_dev.home import Home, write_description
from local_dev.http_server.limits import SOCKET_PATH
from local_dev.laptop_defaults import of_new_worker, workers_since_now
from local_dev.login.variables import with_login
from local_dev.options import STACK_FILE, Options
from local_dev.processes.chain import Chain, anvil
from local_dev.processes.child_keeper import Keeper
from local_dev.processes.chosen_ports import url_of
from local_dev.processes.dynamodb_emulator import Emulator, chosen
from local_dev.processes.processes import Child, Processes, StartFailed
from local_dev.template import aws_variables as variables
from local_dev.template.resource_names import local_wiring, shapes
from local_dev.variable_names import report_misspelt

WORKER_KILL_SECONDS = 2.5
"""A worker is killed after this time. It has ended its runs by then, so the whole stack ends within 5 s."""
GATEWAY_STOP_SECONDS = 1.5
READY_SECONDS = 180.0
WORKER = [sys.executable, "-m", "worker"]
GATEWAY = [sys.executable, "-m", "local_dev.gateway_process"]


class Stack:
    """One start of the application. `report` prints one line for a person; `environment` is the developer's."""

    def __init__(
        self,
        options: Options,
        environment: Mapping[str, str],
        listener: socket.socket,
        home: Home,
        report: Callable[[str], None],
    ) -> None:
        self._listener = listener
        self._environment = environment = with_login(environment, self.url)
        self._options, self._home, self._report = options, home, report
        self._queues = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._processes = Processes(home.folder, verbose=options.verbose, report=report)
        self._keeper = Keeper(self._processes, report, self._describe)
        self._wiring = local_wiring(environment, self.url)
        report_misspelt(environment, self._wiring.variable_names(), report)
        self._emulator = Emulator(
            self._processes, chosen(options.emulator), home.state, shapes(self._wiring), report
        )
        self._credential = Credential.fresh()
        self._table = TableGuard(lambda: self._emulator.place, self._credential)
        self._chain = self._local_chain()
        self._described = self._worker_variables()
        self._ready = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_described = False
        self._told_table_url = self._own_table_url
        """The table's address that the gateway and the workers were told; it stays while the table cannot start."""

    @property
    def url(self) -> str:
        return url_of(self._listener)

    async def start(self) -> None:
        """Start everything that can start at once. One worker is enough at first; the others would only slow the
        start down.

        Raises `StartFailed`; then `stop` must still be called for what runs already.
        """
        await self._table.start()
        await self._start_workers(1)
        await self._keeper.start("gateway", self._gateway)
        await asyncio.gather(self._keeper.start("emulator", self._start_emulator), self._start_chain())
        kept = "" if self._home.keeps else ", for this start only"
        self._report(f"{self._emulator.says}{kept}; logs in {self._home.folder}")
        await self._until_ready()
        await self._start_workers(*range(2, self._options.workers + 1))
        self._keeper.keep()
        self._is_described = True
        self._describe()

    async def _start_workers(self, *numbers: int) -> None:
        for number in numbers:
            await self._keeper.start(f"worker-{number}", lambda name=f"worker-{number}": self._worker(name))

    async def stop(self) -> None:
        """Stop within 5 s: the workers end their runs and tell the connected clients, then everything else ends."""
        self._keeper.release()
        for task in self._tasks:
            task.cancel()
        await self._keeper.stop("worker", WORKER_KILL_SECONDS)
        await asyncio.gather(self._keeper.stop("gateway", GATEWAY_STOP_SECONDS), self._save_chain())
        await self._processes.close()
        self._listener.close()
        self._queues.close()
        self._table.close()
        self._home.close()

    async def _until_ready(self) -> None:
        waits = (
            asyncio.create_task(self._ready.wait(), name="ready"),
            asyncio.create_task(self._keeper.first_end(), name="first end"),
        )
        done, _ = await asyncio.wait(waits, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if self._ready.is_set():
            return
        if not done:
            raise StartFailed(f"not ready within {READY_SECONDS:g} s; see the logs in {self._home.folder}")
        child = await waits[1]
        raise StartFailed(f"{child.name} ended with {child.code}\n{child.tail()}")

    async def _start_emulator(self) -> Child:
        """If the table began empty while the gateway was running, restart the gateway, whose start creates the
        table. If another program has taken its port, everything that was told the address is restarted.
        """
        child = await self._emulator.start()
        has_moved, self._told_table_url = self._own_table_url != self._told_table_url, self._own_table_url
        if (self._emulator.is_empty or has_moved) and self._ready.is_set():
            self._keeper.renew("gateway")
        if has_moved and self._ready.is_set():
            for number in range(1, self._options.workers + 1):
                self._keeper.renew(f"worker-{number}")
        return child

    async def _start_chain(self) -> None:
        if self._chain is None:
            return
        try:
            await self._keeper.start("anvil", self._chain.start)
        except (StartFailed, OSError) as error:
            self._report(f"no local chain: {error}")
            return
        self._report(f"anvil at {self._chain.url}")
        self._background(self._chain.keep_saved(lambda: self._keeper.renew("anvil")), "saving the chain")

    async def _save_chain(self) -> None:
        if self._chain:
            await self._chain.save()

    async def _worker(self, name: str) -> Child:
        aws = variables.with_table(self._described, self._own_table_url)
        environment = of_new_worker(variables.without_own_credentials(self._environment)) | aws
        return await self._processes.start(name, WORKER, environment)

    async def _gateway(self) -> Child:
        ours, theirs = socket.socketpair()
        self._background(listen(ours, self._handlers()), "control of the gateway")
        with theirs:
            files = (self._listener.fileno(), self._queues.fileno(), theirs.fileno())
            settings = GatewaySettings(
                *files,
                url=self.url,
                table_url=self._own_table_url,
                queue_url=self._queue_url,
                chain_url=self._described.get("TESTNET_RPC_URL"),
                state=str(self._home.state),
                logs=str(self._home.folder),
                reports_errors=not self._options.verbose,
            )
            command = [*GATEWAY, settings.to_json()]
            own = variables.without_own_credentials({**os.environ, **self._environment})
            environment = own | {"AWS_ACCESS_KEY_ID": self._credential.access_key}
            return await self._processes.start("gateway", command, environment, files, log="functions")

    def _handlers(self) -> Mapping[str, Callable[[str], None]]:
        return {
            "say": self._report,
            "ready": lambda _: self._ready.set(),
            "restart workers": lambda _: self._background(self._restart_workers(), "restart of the workers"),
        }

    async def _restart_workers(self) -> None:
        for number in range(1, self._options.workers + 1):
            await self._keeper.replace(f"worker-{number}", WORKER_KILL_SECONDS)

    def _local_chain(self) -> Chain | None:
        """Return None, and report why: another network is named, or there is no anvil."""
        if self._environment.get("TESTNET_RPC_URL"):
            self._report("the test network of TESTNET_RPC_URL")
        elif program := anvil():
            return Chain(self._processes, program, self._home.state, self._report)
        else:
            self._report("no local chain: install Node.js and run make again, or set TESTNET_RPC_URL")
        return None

    def _worker_variables(self) -> dict[str, str]:
        url = self._chain.url if self._chain else self._environment.get("TESTNET_RPC_URL")
        chain = {"TESTNET_RPC_URL": url} if url else {}
        key = self._credential.access_key
        aws = variables.aws_variables(self._environment, self._table.url, self._queue_url, key)
        return {**aws, **self._wiring.worker_environment(), **chain, **workers_since_now()}

    @property
    def _own_table_url(self) -> str:
        """The table's address for the gateway and the workers. They need no guard, which would be one more process
        that each of their calls waits for.
        """
        return self._emulator.url if self._emulator.is_hidden else self._table.url

    @property
    def _queue_url(self) -> str:
        return f"http://127.0.0.1:{self._queues.getsockname()[1]}"

    def _background(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _describe(self) -> None:
        """Describe the stack's address and current processes for tests and tools, and for the next start the
        processes to end.
        """
        children = {child.name: child.pid for child in self._processes.running.values()}
        self._home.remember(children)
        if not self._is_described:
            return
        description = {
            "base_url": self.url,
            "ws_url": f"ws://{self.url.removeprefix('http://')}{SOCKET_PATH}",
            "environment": self._described,
            "processes": children,
        }
        file = self._stack_file
        try:
            if not write_description(file, description):
                self._report(f"{file} describes another running application, and stays as it is")
        except OSError as error:
            self._report(f"{file} cannot be written: {error.strerror}")

    @property
    def _stack_file(self) -> Path:
        named = self._options.stack_file
        is_default = named.parent in (self._options.folder, self._home.folder) and named.name == STACK_FILE
        return self._home.folder / STACK_FILE if is_default else named

"""`python -m local_dev.gateway_process SETTINGS` runs the gateway, the functions and the queues.

The parent starts it again when it dies. The parent holds its listening sockets, so clients and workers wait for the
next process and are not refused. What the process must remember is in the table and in the queues' file.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import secrets
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

gc.disable()  # imports make no garbage and are most of the start; collection is enabled after them
from forge.api.entry.origin_check import digest_of  # noqa: E402
from forge.setting_errors import said_at_start  # noqa: E402
from forge.settings import Settings  # noqa: E402
from forge.store import system_clock  # noqa: E402
from local_dev.aws.credential import Credential  # noqa: E402
from local_dev.aws.sqs.queue_server import QueueServer, open_queues  # noqa: E402
from local_dev.cloud import Cloud  # noqa: E402
from local_dev.error_lines import report_errors  # noqa: E402
from local_dev.gateway_messages import Control, GatewaySettings  # noqa: E402
from local_dev.login.variables import is_development  # noqa: E402
from local_dev.options import Options  # noqa: E402
from local_dev.processes.background import Background  # noqa: E402
from local_dev.processes.processes import StartFailed  # noqa: E402
from local_dev.reload import Reloader  # noqa: E402
from local_dev.repository import ROOT  # noqa: E402
from local_dev.template import aws_variables as variables  # noqa: E402
from local_dev.template.resource_names import local_wiring  # noqa: E402

if TYPE_CHECKING:
    from local_dev.login.issuer import LoginIssuer

WORKER_SECONDS = 180.0


class GatewayProcess:
    def __init__(self, settings: GatewaySettings, control: Control) -> None:
        self._settings, self._control = settings, control
        self._options = Options.from_environment(os.environ)
        self._background = Background(control.say)
        self._credential = Credential(os.environ["AWS_ACCESS_KEY_ID"])  # other users can read arguments
        aws = variables.aws_variables(
            os.environ, settings.table_url, settings.queue_url, self._credential.access_key
        )
        secret = self._options.edge_secret or secrets.token_urlsafe(32)
        os.environ.update(aws, EDGE_DIGESTS=digest_of(secret))
        self._wiring = local_wiring(dict(os.environ), settings.url)
        with said_at_start("gateway"):
            Settings.from_environment({**os.environ, **self._wiring.worker_environment()})
        self._cloud = Cloud(self._options, self._wiring, aws, control.say)
        self._server = self._cloud.serve(
            settings.listener,
            ROOT / "frontend",
            self._credential,
            secret,
            settings.chain_url,
            self._issuer(),
            Path(settings.logs),
        )

    def _issuer(self) -> LoginIssuer | None:
        if not is_development(os.environ, self._settings.url):
            return None
        from local_dev.login.issuer import LoginIssuer, kept_key

        key = kept_key(Path(self._settings.state) / "issuer.pem")
        return LoginIssuer(os.environ["AUTH_ISSUER"], key, self._options.token_seconds)

    async def run(self, stop: asyncio.Event) -> int:
        began = time.time()
        queues = open_queues(Path(self._settings.state) / "queues.db", self._control.say)
        serving = QueueServer(self._settings.queues, queues, self._wiring, system_clock, self._credential)
        self._background.start(serving.run(), "queues")
        await asyncio.gather(
            asyncio.to_thread(self._cloud.load_functions), asyncio.to_thread(self._cloud.create_tables)
        )
        self._background.start(self._server.run_until_stopped(), "server")
        self._cloud.start_upkeep(self._background)
        self._background.start(self._announce(began), "announcement", essential=False)
        if self._settings.reports_errors:
            errors = report_errors(Path(self._settings.logs), self._control.say)
            self._background.start(errors, "errors", essential=False)
        if self._options.reload:
            reloader = Reloader(self._restart_workers, self._cloud.reload_functions, self._control.say)
            self._background.start(reloader.run(), "reload", essential=False)
        gc.freeze()
        gc.enable()
        ends = {"failure": self._background.failed.wait(), "stop": stop.wait()}
        waiting = [asyncio.create_task(end, name=name) for name, end in ends.items()]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        self._background.expect_the_end()
        self._server.should_exit = True
        await self._background.stop("server", seconds=1.3)
        return int(self._background.failed.is_set())

    async def _announce(self, began: float) -> None:
        await self._until_published(began, by_new_workers=False)
        self._control.send("ready")

    async def _restart_workers(self) -> None:
        began = time.time()
        self._control.send("restart workers")
        await self._until_published(began, by_new_workers=True)

    async def _until_published(self, began: float, *, by_new_workers: bool) -> None:
        """Wait until a worker has published what it offers, which it does when it is ready. Raises `StartFailed`."""
        published = self._cloud.catalog_since(began, by_new_workers=by_new_workers)
        try:
            async with asyncio.timeout(WORKER_SECONDS):
                while not await asyncio.to_thread(published):  # noqa: ASYNC110  another process publishes
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise StartFailed(f"no worker was ready within {WORKER_SECONDS:g} s") from None


async def main(settings: GatewaySettings) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return await GatewayProcess(settings, Control(settings.control)).run(stop)


if __name__ == "__main__":
    code = uvloop.run(main(GatewaySettings.from_json(sys.argv[1])))
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    # Everything is closed by now. Leaving without the interpreter's own shutdown is faster.
    os._exit(code)

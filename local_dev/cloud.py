"""The cloud's part of this process: the table, the functions behind their gateway, schedules and expiry.

This module imports modules that are slow to import, so `local_dev.stack` imports it only after it has started the
other processes.
"""

from __future__ import annotations

import importlib
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from forge.models.session import Catalog
from forge.observability import show_error_texts
from forge.settings import Settings
from forge.store import open_store, system_clock
from local_dev.aws.create_tables import create_tables, table_client
from local_dev.aws.credential import Credential
from local_dev.aws.lambda_runtime import LambdaRuntime
from local_dev.aws.schedule import run_schedule
from local_dev.aws.table_expiry import Expiry
from local_dev.gateway.caller_turns import Turns
from local_dev.gateway.cloudfront import Front, Visitors
from local_dev.gateway.gateway import Server, build_gateway
from local_dev.options import Options
from local_dev.processes.background import Background
from local_dev.template.wiring import Wiring

if TYPE_CHECKING:
    from local_dev.login.issuer import LoginIssuer


class Cloud:
    def __init__(
        self, options: Options, wiring: Wiring, aws: Mapping[str, str], report: Callable[[str], None]
    ) -> None:
        show_error_texts()
        self._options = options
        self._wiring = wiring
        self._report = report
        self._runtime = LambdaRuntime(report)
        self._aws = aws

    def create_tables(self) -> None:
        create_tables(self._wiring, self._aws)

    def load_functions(self) -> None:
        streaming = {route.function.name for route in self._wiring.http_routes() if route.streams}
        functions = self._wiring.functions().values()
        self._runtime.load(each for each in functions if each.name not in streaming)
        self._runtime.load((each for each in functions if each.name in streaming), "app")

    def reload_functions(self) -> None:
        """Import the functions and the layer again. If that raises an error, this raises it too and the old ones
        continue.
        """
        self._runtime.reload(("functions", "forge"), self.load_functions)
        importlib.import_module("forge.observability").show_error_texts()

    def serve(
        self,
        listener: socket.socket | int,
        page: Path,
        credential: Credential,
        secret: str,
        chain_url: str | None = None,
        issuer: LoginIssuer | None = None,
        logs: Path | None = None,
    ) -> Server:
        """`listener`: a socket, or the number of a socket that this process was given. `secret` is what the
        distribution shows the functions, whose environment has its digest. `logs`: the folder of the processes'
        logs.
        """
        if isinstance(listener, int):
            listener = socket.socket(fileno=listener)
        limits = self._options.limits
        gateway = build_gateway(
            self._wiring, self._runtime, page, credential, limits, chain_url, issuer, logs
        )
        hosts = f"{self._options.hosts},{self._options.host}"
        visitors = Visitors.of(hosts, self._wiring.origins())
        front = Front(Turns(gateway), visitors, secret, self._wiring.api_headers())
        return Server(front, listener, limits, gateway.connections.post_now)

    def start_upkeep(self, background: Background) -> None:
        """Run the schedules, and expiry for each table that has a time to live."""
        for schedule in self._wiring.schedules():
            seconds = self._options.schedule_seconds
            background.start(run_schedule(schedule, self._runtime, seconds), schedule.function.name)
        dynamodb = table_client(self._aws)
        for logical, properties in self._wiring.tables().items():
            if "TimeToLiveSpecification" in properties:
                name, streams = self._wiring.template.refs[logical], self._wiring.table_streams()
                expiry = Expiry(dynamodb, name, properties, streams, self._runtime, self._report)
                background.start(expiry.run(self._options.expiry_seconds), f"expiry of {name}")

    def catalog_since(self, began: float, *, by_new_workers: bool) -> Callable[[], bool]:
        """Return whether a worker has published what it offers since `began` (epoch seconds).

        `by_new_workers`: only a worker that was started since then counts.
        """
        settings = Settings.from_environment(self._wiring.worker_environment())
        store = open_store(settings, system_clock, table_client(self._aws))

        def published() -> bool:
            catalog = store.commands.catalog()
            return catalog is not None and is_news(catalog, int(began * 1000), by_new_workers=by_new_workers)

        return published

    def close(self) -> None:
        self._runtime.close()


def is_news(catalog: Catalog, since: int, *, by_new_workers: bool) -> bool:
    """A worker that an earlier edit has started may publish after the next edit, of which it knows nothing."""
    return (catalog.started_at if by_new_workers else catalog.published_at) >= since

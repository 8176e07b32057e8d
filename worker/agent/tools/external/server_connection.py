"""Opens, keeps and closes the connection to one external server. Every wait is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import ClientTransport

from forge.redaction import redact
from worker.agent.tools.external.config import ServerConfig
from worker.agent.tools.external.http_transport import Http
from worker.agent.tools.external.server_failures import cause, meaning
from worker.agent.tools.external.server_observations import Tail, Witness, watching, without_secrets
from worker.agent.tools.external.stdio_transport import Stdio

OnQuestion = Callable[[str, Any, Any, Any], Awaitable[ElicitResult[Any]]]
CLOSE_SECONDS = 1.2
REASON_LIMIT = 1000
"""Maximum characters of a reason, and of each line of stderr."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The time limits of a server's start, in seconds."""

    start: float = 60.0
    """The time that a server may take to start, unless its entry says otherwise."""
    look: float = 10.0
    """The time that a refresh or a call waits for a start, which then continues."""


class ServerDown(Exception):
    """The server cannot be used now. The message tells the operator why, without secrets."""


class Link:
    """`refused`: the tools whose definitions could not be read in the last listing, with the reason.

    `seen`: what the server did outside of a call. `start_seconds`: how long the server may take to start.
    """

    def __init__(self, name: str, config: ServerConfig, timeouts: Timeouts, on_question: OnQuestion) -> None:
        self._name = name
        self._config = config
        self._on_question = on_question
        self.start_seconds = config.start_timeout / 1000 if config.start_timeout else timeouts.start
        self._look_seconds = min(timeouts.look, self.start_seconds + 1)
        self._client: Client[Any] | None = None
        self._opening: asyncio.Task[Client[Any]] | None = None
        self._tail = Tail()
        self.seen = Witness()
        self.refused: dict[str, str] = {}

    @property
    def is_open(self) -> bool:
        return self._client is not None

    async def open(self) -> Client[Any]:
        """Raises `ServerDown`. A start that takes longer than `look` continues, up to its own limit."""
        if self._client and self._client.is_connected() and not self._opening:
            return self._client
        if self._opening is None:
            self._opening = asyncio.create_task(self._start(), name=f"start of {self._name}")
            self._opening.add_done_callback(self._started)
        opening = self._opening
        await asyncio.wait({opening}, timeout=self._look_seconds)
        if not opening.done():
            raise ServerDown(f"is still starting (it may take {self.start_seconds:g} s)")
        return opening.result()

    async def drop(self, client: Client[Any]) -> None:
        """A connection still counts as connected after the server has closed it; the next call then opens another
        one.
        """
        if self._client is client:
            await self.close()

    async def close(self) -> None:
        if self._opening:
            self._opening.cancel()
            await asyncio.wait({self._opening}, timeout=CLOSE_SECONDS)
        client, self._client = self._client, None
        if client is not None:
            await _closed(client)

    def failure(self, error: Exception, witness: Witness) -> str:
        known = meaning(witness.answers or self.seen.answers)
        return f"failed: {known[1]}" if known else f"failed: {cause(error)}"

    def clean(self, reason: str) -> str:
        """Describe the error with the last lines of the program's stderr, without secrets."""
        secrets = [*self._config.secrets, self._config.url or ""]
        first, *said = [
            redact(without_secrets(text, secrets), REASON_LIMIT) for text in (reason, *self._tail.lines())
        ]
        return first + "".join(f"\n  stderr: {line}" for line in said)

    def _started(self, opening: asyncio.Task[Client[Any]]) -> None:
        self._opening = None
        if not opening.cancelled():
            opening.exception()  # retrieves the exception, because perhaps no task waits for it

    async def _start(self) -> Client[Any]:
        if self._client:
            client, self._client = self._client, None
            await _closed(client)
        self._tail.clear()
        client = Client(self._transport(), elicitation_handler=self._on_question, init_timeout=None)
        with watching() as witness:
            try:
                async with asyncio.timeout(self.start_seconds):
                    await client.__aenter__()
            except TimeoutError:
                reason = f"did not start within {self.start_seconds:g} s"
            except Exception as error:  # noqa: BLE001 -- a third-party server may make the client raise anything
                reason = self.failure(error, witness)
            else:
                self._client = client
                return client
        await _closed(client)
        raise ServerDown(self.clean(reason))

    def _transport(self) -> ClientTransport:
        self.seen.answers.clear()
        if self._config.url is None:
            return Stdio(self._config, self.refused, self._tail)
        return Http(self._config, self.refused, self.seen)


async def _closed(client: Client[Any]) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await client.close()
    except Exception:  # noqa: BLE001, S110 -- the connection has gone in any case
        pass

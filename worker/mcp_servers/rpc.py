"""A JSON-RPC client for Ethereum nodes over one kept-alive HTTP session."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any, cast

import aiohttp

from worker.mcp_servers.texts import one_line
from worker.tool_outcomes import OutcomeUnknown, ToolRefused

READ_SECONDS = 20.0
SEND_SECONDS = 30.0
ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
LIMIT_EXCEEDED = -32005


LOOK_FIRST = (
    "The transaction may or may not have been sent: look at the balances or the latest block before you send "
    "anything again."
)


class NodeRefused(ToolRefused):
    """The node answered with an error. `code` and `data` are JSON-RPC's; `data` carries a revert's bytes."""

    def __init__(self, network: str, code: int, reason: str, data: Any = None) -> None:
        self.code = code
        self.reason = reason
        self.data = data
        super().__init__(f"The node of {network} refused: {reason}.")


class NodeUnreachable(ToolRefused):
    """The node gave no usable answer; `retry_after` seconds when it said so itself."""

    def __init__(
        self, network: str, reason: str, *, passing: bool = True, retry_after: float | None = None
    ) -> None:
        self.passing = passing
        self.retry_after = retry_after
        super().__init__(f"The node of {network} {reason}.")


class RpcClient:
    """Talks to one network's node. Reads are tried up to three times; a write exactly once."""

    def __init__(self, network: str, url: str) -> None:
        self._network = network
        self._url = url
        self._ids = itertools.count(1)
        self._session: aiohttp.ClientSession | None = None

    async def read(self, method: str, *params: Any) -> Any:
        """Raises `NodeRefused`, `NodeUnreachable`."""
        pause = FIRST_PAUSE_SECONDS
        for attempt in itertools.count(1):
            try:
                return await self._call(method, params, READ_SECONDS)
            except (NodeRefused, NodeUnreachable) as error:
                if attempt == ATTEMPTS or not _is_passing(error):
                    raise
                wanted = error.retry_after if isinstance(error, NodeUnreachable) else None
            await asyncio.sleep(min(wanted or pause, LONGEST_PAUSE_SECONDS))
            pause *= 4
        raise AssertionError  # pragma: no cover

    async def write(self, method: str, *params: Any) -> Any:
        """Never repeated: raises `OutcomeUnknown` when no answer came, `NodeRefused` when nothing was done."""
        try:
            return await self._call(method, params, SEND_SECONDS)
        except NodeUnreachable as error:
            raise OutcomeUnknown(str(error), LOOK_FIRST) from error

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _call(self, method: str, params: tuple[Any, ...], seconds: float) -> Any:
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        try:
            async with self._open().post(
                self._url, json=request, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=seconds)
            ) as response:
                body = await response.read()
        except TimeoutError:
            raise NodeUnreachable(self._network, f"did not answer within {seconds:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NodeUnreachable(self._network, f"is out of reach ({type(error).__name__})") from None
        return self._result(response, body)

    def _result(self, response: aiohttp.ClientResponse, body: bytes) -> Any:
        answer = _json_object(body)
        if answer is not None and isinstance(answer.get("error"), dict):
            error = cast("dict[str, Any]", answer["error"])
            reason = one_line(str(error.get("message", "no reason given")), 500).rstrip(".")
            raise NodeRefused(self._network, int(error.get("code", 0)), reason, error.get("data"))
        if response.status != 200:
            status = response.status
            raise NodeUnreachable(
                self._network,
                f"answered with HTTP status {status}",
                passing=status == 429 or status >= 500,
                retry_after=_seconds(response.headers.get("Retry-After")),
            )
        if answer is None or "result" not in answer:
            raise NodeUnreachable(self._network, "does not speak JSON-RPC", passing=False)
        return answer["result"]

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=64, keepalive_timeout=30)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session


def _is_passing(error: NodeRefused | NodeUnreachable) -> bool:
    return error.passing if isinstance(error, NodeUnreachable) else error.code in {LIMIT_EXCEEDED, 429}


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else None


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdigit() else None

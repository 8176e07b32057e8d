"""A JSON-RPC client for Ethereum nodes over one persistent HTTP session."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from forge.backoff import pauses
from forge.models.text_cleaning import one_line
from worker.ethereum.node.envelope import Envelope, read_envelope
from worker.ethereum.node.error_dialects import Meaning
from worker.ethereum.node.error_parsing import NodeFault
from worker.retry_after import LIMITED_SECONDS, seconds_of
from worker.tool_outcomes import OutcomeUnknown, ToolRefused
from worker.untrusted_text import from_outside

READ_SECONDS = 20.0
SEND_SECONDS = 30.0
ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.4
LONGEST_PAUSE_SECONDS = 5.0
RECEIPT_SECONDS = 30.0
CHAIN_ID_SECONDS = 30.0
LARGEST_BYTES = 8_000_000
"""Maximum of one answer, decompressed. A full block of a busy network has some two million."""
PARSED_ON_THE_LOOP = 200_000
"""Longer answers are parsed in another thread."""
LONGEST_SHOWN = 120
PASSING: frozenset[Meaning] = frozenset({"rate limit", "perhaps sent", "unclear"})
"""Errors after which a read is tried again. A read may always be repeated, so unknown errors are among them."""
UNDECIDED: frozenset[Meaning] = frozenset({"perhaps sent", "unclear"})
"""Errors after which a transaction may have been sent."""


LOOK_FIRST = (
    "The transaction may or may not have been sent: look at the balances or the latest block before you send "
    "anything again."
)


class NodeRefused(ToolRefused):
    """The node answered with an error; `fault` says what it means. `passing`, `retry_after`: as in
    `NodeUnreachable`.
    """

    def __init__(
        self, network: str, fault: NodeFault, *, passing: bool = False, retry_after: float | None = None
    ) -> None:
        self.fault = fault
        if fault.revert_words or fault.meaning == "unclear":
            from_outside(fault.reason)  # a contract may have chosen the words
        self.passing = passing
        self.retry_after = retry_after
        super().__init__(f"The node of {network} refused: {fault.reason}.")


class NodeUnreachable(ToolRefused):
    """The node gave no usable answer; `retry_after`: the seconds to wait, if the node named them or had too many
    requests.

    `passing`: another try may succeed. `was_reached`: the node may have received the request.
    """

    def __init__(
        self,
        network: str,
        reason: str,
        *,
        passing: bool = True,
        retry_after: float | None = None,
        was_reached: bool = True,
    ) -> None:
        self.passing = passing
        self.was_reached = was_reached
        self.retry_after = retry_after
        super().__init__(f"The node of {network} {reason}.")


class NodeUnreadable(NodeUnreachable):
    """The node's answer has a form that cannot be read."""

    def __init__(self, network: str, method: str, answer: Any) -> None:
        shown = one_line(json.dumps(answer), LONGEST_SHOWN)
        super().__init__(network, f"answered {method} with {shown}, which cannot be read", passing=False)


@dataclass(frozen=True, slots=True)
class Pacing:
    """The time limits for a node in seconds, and the pauses between attempts."""

    read_seconds: float = READ_SECONDS
    """The limit of one read."""
    send_seconds: float = SEND_SECONDS
    """The limit of sending a transaction; after it the transaction may have been sent."""
    receipt_seconds: float = RECEIPT_SECONDS
    """The longest wait for a sent transaction's receipt."""
    first_pause: float = FIRST_PAUSE_SECONDS
    """The limit of the pause before the second attempt of a read; that of the third is four times as long."""
    limited_pause: float = LIMITED_SECONDS
    """The least pause after "too many requests" if the node names none."""
    chain_id_seconds: float = CHAIN_ID_SECONDS
    """How long the answer to which chain the node serves holds."""
    longest_pause: float = LONGEST_PAUSE_SECONDS
    """The longest pause, also if the node asks for a longer one."""


class RpcClient:
    """Talks to one network's node. Reads are tried up to three times; a write exactly once."""

    def __init__(self, network: str, url: str, pacing: Pacing | None = None) -> None:
        self._pacing = pacing or Pacing()
        self._network = network
        self._url = url
        self._ids = itertools.count(1)
        self._session: aiohttp.ClientSession | None = None

    async def read(self, method: str, *params: Any) -> Any:
        """Raises `NodeRefused`, `NodeUnreachable`."""
        pacing = self._pacing
        for pause in pauses(pacing.first_pause, growth=4, tries=ATTEMPTS):
            try:
                return await self._call(method, params, pacing.read_seconds)
            except (NodeRefused, NodeUnreachable) as error:
                if not error.passing:
                    raise
                wanted = error.retry_after or 0.0
            await asyncio.sleep(min(wanted + pause, pacing.longest_pause))
        return await self._call(method, params, pacing.read_seconds)

    async def write(self, method: str, *params: Any) -> Any:
        """Send a write, which is never repeated. Raises `NodeRefused` or `NodeUnreachable` if nothing was done,
        else `OutcomeUnknown`.
        """
        try:
            return await self._call(method, params, self._pacing.send_seconds)
        except NodeUnreachable as error:
            if not error.was_reached:
                raise
            raise OutcomeUnknown(str(error), LOOK_FIRST) from error
        except NodeRefused as error:
            if error.fault.meaning in UNDECIDED and error.fault.transaction is None:
                raise OutcomeUnknown(str(error), LOOK_FIRST) from error
            raise

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
                body = await self._body_of(response)
                answer = await _envelope_of(body)
        except aiohttp.ClientConnectorError as error:
            reason = f"is out of reach ({type(error).__name__})"
            raise NodeUnreachable(self._network, reason, was_reached=False) from None
        except TimeoutError:
            raise NodeUnreachable(self._network, f"did not answer within {seconds:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NodeUnreachable(self._network, f"is out of reach ({type(error).__name__})") from None
        return self._result(response, answer)

    async def _body_of(self, response: aiohttp.ClientResponse) -> bytes:
        """Read as much as an answer may have. A contract or a node may answer with anything."""
        body = bytearray()
        async for chunk in response.content.iter_chunked(65_536):
            body += chunk
            if len(body) > LARGEST_BYTES:
                raise NodeUnreachable(
                    self._network, f"answered with more than {LARGEST_BYTES} bytes", passing=False
                )
        return bytes(body)

    def _result(self, response: aiohttp.ClientResponse, answer: Envelope | None) -> Any:
        status = response.status
        passing, after = status == 429 or status >= 500, self._wait_of(response, answer)
        if answer is not None and answer.fault is not None:
            passing = passing or (answer.fault.meaning in PASSING and status == 200)
            raise NodeRefused(self._network, answer.fault, passing=passing, retry_after=after)
        if status != 200:
            reason = f"answered with HTTP status {status}"
            raise NodeUnreachable(self._network, reason, passing=passing, retry_after=after)
        if answer is None:
            raise NodeUnreachable(self._network, "does not speak JSON-RPC", passing=False)
        return answer.result

    def _wait_of(self, response: aiohttp.ClientResponse, answer: Envelope | None) -> float | None:
        if (named := seconds_of(response.headers.get("Retry-After"))) is not None:
            return named
        fault = answer.fault if answer else None
        is_limited = response.status == 429 or (fault is not None and fault.meaning == "rate limit")
        return self._pacing.limited_pause if is_limited else None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=64, keepalive_timeout=30)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session


async def _envelope_of(body: bytes) -> Envelope | None:
    """Parse a long answer in another thread, because it takes the event loop's time."""
    if len(body) <= PARSED_ON_THE_LOOP:
        return read_envelope(body)
    return await asyncio.to_thread(read_envelope, body)

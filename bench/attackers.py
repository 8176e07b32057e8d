"""An attacker of the running application, as a process of its own: `python -m bench.attackers NAME …`.

Each attack is one that once blocked every user. The process has the lowest priority: a real attacker has processors
of its own, so only the server's work for the attacker should cost other users anything. It ends when its standard
input ends, and then prints how often each status was answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from forge.api.entry.origin_check import EDGE_HEADER, VIEWER_HEADER

BEGUN = "attacking"
UNKNOWN_HASH = "0x" + "ab" * 32
NOBODY = "0x000000000000000000000000000000000000dEaD"
STREAMS = 200
FRAMES = 3_000
NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Target:
    """The server under attack."""

    base_url: str
    """The base URL of its HTTP API."""
    ws_url: str
    """The URL of its WebSocket API."""
    secret: str
    """The secret that the distribution sends, with which callers can have any address (`FORGE_EDGE_SECRET`)."""

    def called_from(self, address: str) -> dict[str, str]:
        return {EDGE_HEADER: self.secret, VIEWER_HEADER: address}


@dataclass(frozen=True, slots=True)
class Attacker:
    """Uses several address prefixes in turn."""

    http: httpx.AsyncClient
    """The client for all requests."""
    target: Target
    """The server under attack."""
    addresses: int
    """The number of address prefixes."""
    seen: Counter[int] = field(default_factory=Counter[int])
    """How often each HTTP status was answered."""
    turns: count[int] = field(default_factory=count)
    """The numbers of the requests, which choose their addresses."""

    def headers(self) -> dict[str, str]:
        number = next(self.turns) % self.addresses
        return self.target.called_from(f"203.{number // 256}.{number % 256}.66")

    async def post(self, path: str, **body: Any) -> None:
        status = NO_ANSWER
        with suppress(httpx.HTTPError):
            status = (await self.http.post(path, json=body, headers=self.headers())).status_code
        self.seen[status] += 1

    async def call(self, session_id: str, name: str, **arguments: Any) -> None:
        args = {"name": name, "arguments": arguments}
        await self.post("/api/mcp-command", command="call_tool", args=args, session_id=session_id)


async def over_and_over(act: Callable[[], Awaitable[None]]) -> None:
    while True:
        await act()


async def poison(attacker: Attacker) -> None:
    """Hole 1: send ten commands whose results are huge, and then nothing more."""
    data = "0x" + "00" * 50_000
    await asyncio.gather(*(attacker.call(str(uuid4()), "decode_function_call", data=data) for _ in range(10)))


async def decoding(attacker: Attacker) -> None:
    """Hole 2: six callers send calls that cost processor time and are refused at their end."""
    data = "0xa9059cbb" + "00" * 60_000
    signature = f"transfer({','.join(['uint256'] * 16)}[])"

    async def calls() -> None:
        await attacker.call(str(uuid4()), "decode_function_call", data=data, signature=signature)

    await asyncio.gather(*(over_and_over(calls) for _ in range(6)))


async def places(attacker: Attacker) -> None:
    """Hole 3: 110 sessions answer a wallet request with a hash that no chain knows."""
    few = asyncio.Semaphore(8)

    async def waits(session_id: str) -> None:
        async with few:
            ask = f"send 0 ETH to {NOBODY} with my wallet"
            await attacker.post("/api/chat", message=ask, session_id=session_id)
            told = f"Transaction sent: {UNKNOWN_HASH}"
            await attacker.post("/api/system", message=told, session_id=session_id)

    await asyncio.gather(*(waits(str(uuid4())) for _ in range(110)))


async def streams(attacker: Attacker) -> None:
    """Hole 9: open 200 event streams of sessions that do not exist, again whenever they end or are refused."""

    async def follows() -> None:
        url = f"/api/chat/stream?session_id={uuid4()}"
        with suppress(httpx.HTTPError):
            async with attacker.http.stream("GET", url, headers=attacker.headers()) as response:
                attacker.seen[response.status_code] += 1
                async for _ in response.aiter_bytes():
                    pass

    await asyncio.gather(*(over_and_over(follows) for _ in range(STREAMS)))


async def syncs(attacker: Attacker) -> None:
    """Hole 10: send `sync` on a socket as fast as possible, then open the next socket."""
    session_id = str(uuid4())
    await attacker.post("/api/chat", message="help", session_id=session_id)
    url = f"{attacker.target.ws_url}?session_id={session_id}"

    async def flood() -> None:
        try:
            headers = attacker.headers()
            async with connect(url, proxy=None, ping_interval=None, additional_headers=headers) as socket:
                await _send_all(attacker, socket)
        except InvalidStatus as refused:
            attacker.seen[refused.response.status_code] += 1
        except (WebSocketException, OSError):
            attacker.seen[NO_ANSWER] += 1

    await over_and_over(flood)


async def _send_all(attacker: Attacker, socket: ClientConnection) -> None:
    async def read() -> None:
        async for frame in socket:
            attacker.seen[json.loads(frame).get("status", 200)] += 1

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(read(), name="reader")
        for _ in range(FRAMES):
            await socket.send('{"type":"sync"}')
        reading.cancel()


ATTACKS: Mapping[str, Callable[[Attacker], Coroutine[Any, Any, None]]] = {
    "1 poisoned commands": poison,
    "2 decoding": decoding,
    "3 places": places,
    "9 streams": streams,
    "10 syncs": syncs,
}


async def attack(name: str, target: Target, addresses: int) -> Counter[int]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    limits = httpx.Limits(max_connections=None)
    base_url = target.base_url
    async with httpx.AsyncClient(base_url=base_url, timeout=120, trust_env=False, limits=limits) as http:
        attacker = Attacker(http, target, addresses)
        attacking = asyncio.create_task(ATTACKS[name](attacker), name="attack")
        print(BEGUN, flush=True)
        await reader.read()
        attacking.cancel()
        await asyncio.wait({attacking})
    return attacker.seen


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.attackers")
    parser.add_argument("name", choices=list(ATTACKS))
    parser.add_argument("base_url")
    parser.add_argument("ws_url")
    parser.add_argument("addresses", type=int)
    parser.add_argument("niceness", type=int)
    options = parser.parse_args()
    os.nice(options.niceness)
    target = Target(options.base_url, options.ws_url, os.environ["FORGE_EDGE_SECRET"])
    print(json.dumps(asyncio.run(attack(options.name, target, options.addresses))))


if __name__ == "__main__":
    main()

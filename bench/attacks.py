"""`make bench-attacks`: another person's answers while somebody attacks, against quiet, over the whole local stack.

Each attack is one that once stopped everybody. Its own answers do not count: refused is as good as served. The attacker
shares the processors with the server, which a laptop cannot change; the figures are an upper bound.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from bench.figures import Figure, percentile, table
from bench.people import people, with_pauses
from local_dev.stack_process import RunningStack, running_stack

RATIO_BUDGET = 1.2
PAUSE_SECONDS = 0.5
MESSAGES = 8
"""Fewer than a session's burst: nobody here is refused for asking too fast."""
UNKNOWN_HASH = "0x" + "ab" * 32
NOBODY = "0x000000000000000000000000000000000000dEaD"


@dataclass(frozen=True, slots=True)
class Attacker:
    http: httpx.AsyncClient
    stack: RunningStack

    async def post(self, path: str, **body: Any) -> None:
        with suppress(httpx.HTTPError):
            await self.http.post(path, json=body)

    async def call(self, session_id: str, name: str, **arguments: Any) -> None:
        args = {"name": name, "arguments": arguments}
        await self.post("/api/mcp-command", command="call_tool", args=args, session_id=session_id)

    async def over_and_over(self, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await act()


async def poison(attacker: Attacker) -> None:
    """Hole 1: ten commands whose results are huge, and then nothing more."""
    data = "0x" + "00" * 50_000
    await asyncio.gather(*(attacker.call(str(uuid4()), "decode_function_call", data=data) for _ in range(10)))
    await asyncio.Event().wait()


async def decoding(attacker: Attacker) -> None:
    """Hole 2: six callers, whose every call is work for the processor and is refused at its end."""
    data = "0xa9059cbb" + "00" * 60_000

    async def caller() -> None:
        signature = f"transfer({','.join(['uint256'] * 16)}[])"
        await attacker.over_and_over(
            lambda: attacker.call(str(uuid4()), "decode_function_call", data=data, signature=signature)
        )

    await asyncio.gather(*(caller() for _ in range(6)))


async def places(attacker: Attacker) -> None:
    """Hole 3: 110 sessions answer a wallet request with a hash that no chain knows."""
    sessions = [str(uuid4()) for _ in range(110)]
    few = asyncio.Semaphore(8)

    async def waits(session_id: str) -> None:
        async with few:
            ask = f"send 0 ETH to {NOBODY} with my wallet"
            await attacker.post("/api/chat", message=ask, session_id=session_id)
            await attacker.post(
                "/api/system", message=f"Transaction sent: {UNKNOWN_HASH}", session_id=session_id
            )

    await asyncio.gather(*(waits(session_id) for session_id in sessions))
    await asyncio.Event().wait()


async def streams(attacker: Attacker) -> None:
    """Hole 9: 200 event streams of sessions that do not exist."""

    async def follows() -> None:
        with suppress(httpx.HTTPError):
            url = f"/api/chat/stream?session_id={uuid4()}"
            async with attacker.http.stream("GET", url) as response:
                async for _ in response.aiter_bytes():
                    pass

    await asyncio.gather(*(attacker.over_and_over(follows) for _ in range(200)))


async def syncs(attacker: Attacker) -> None:
    """Hole 10: one socket that sends `sync` as fast as it can."""
    session_id = str(uuid4())
    await attacker.post("/api/chat", message="help", session_id=session_id)

    async def flood() -> None:
        with suppress(WebSocketException, OSError):
            url = f"{attacker.stack.ws_url}?session_id={session_id}"
            async with connect(url, proxy=None, ping_interval=None) as socket, asyncio.TaskGroup() as group:
                reading = group.create_task(_read(socket))
                for _ in range(3_000):
                    await socket.send('{"type":"sync"}')
                reading.cancel()

    await attacker.over_and_over(flood)


async def _read(socket: Any) -> None:
    async for _ in socket:
        pass


ATTACKS: Mapping[str, Callable[[Attacker], Awaitable[None]]] = {
    "1 poisoned commands": poison,
    "2 decoding": decoding,
    "3 places": places,
    "9 streams": streams,
    "10 syncs": syncs,
}


async def measured(persons: int, names: Sequence[str]) -> dict[str, list[Figure]]:
    """A stack of its own for each attack: what one leaves behind is none of the next one's."""
    found: dict[str, list[Figure]] = {}
    for name in names:
        async with running_stack({"FORGE_LLM": "offline"}) as stack:
            quiet = await _answers(stack, persons)
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(
                base_url=stack.base_url, timeout=120, trust_env=False, limits=limits
            ) as http:
                attack = asyncio.ensure_future(ATTACKS[name](Attacker(http, stack)))
                try:
                    await asyncio.sleep(3)
                    attacked = await _answers(stack, persons)
                finally:
                    attack.cancel()
                    await asyncio.wait({attack})
        found[f"Hole {name}"] = _figures(quiet, attacked)
    return found


async def _answers(stack: RunningStack, persons: int) -> list[float]:
    async with people(stack, persons, says="time", expected=None) as somebody:
        await asyncio.gather(*(with_pauses(each, MESSAGES, PAUSE_SECONDS) for each in somebody))
        return [value for each in somebody for value in each.answers]


def _figures(quiet: Sequence[float], attacked: Sequence[float]) -> list[Figure]:
    before, under = percentile(quiet, 50), percentile(attacked, 50)
    return [
        Figure("whole answer, p50, quiet", before, "ms"),
        Figure("whole answer, p50, attacked", under, "ms"),
        Figure("whole answer, p95, attacked", percentile(attacked, 95), "ms"),
        Figure("answers that did not come", float(len(quiet) - len(attacked)), "", 0),
        Figure("ratio of the medians", under / before, "", RATIO_BUDGET),
    ]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.attacks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    parser.add_argument("attacks", nargs="*", help="beginnings of names, such as 3; all without one")
    options = parser.parse_args(arguments)
    wanted: list[str] = options.attacks
    names = [name for name in ATTACKS if not wanted or name.split()[0] in wanted]
    if not options.json:
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before this began\n", flush=True)
    results = asyncio.run(measured(1 if options.quick else 4, names))
    if options.json:
        print(json.dumps({title: [figure.as_json() for figure in each] for title, each in results.items()}))
    else:
        print("\n".join(table(title, figures) for title, figures in results.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

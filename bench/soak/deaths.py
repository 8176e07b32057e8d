"""`--deaths`: the whole local application under load, while its own processes are killed and it is started again.

Each conversation sends one question after the other, each with a key of its own and repeated until it is accepted. At
the end each accepted question is there once, in its order, and has an answer; each payment that was reported as sent
has happened, and none twice. (anvil may lose the payments of its last second, so it is killed only when it has just
been saved.)
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from local_dev.stack_process import RunningStack, running_stack

PARTS = ("emulator", "gateway", "worker-1", "anvil")
SETTINGS = {
    "FORGE_LLM": "offline",
    "FORGE_RELOAD": "0",
    "BACKEND_PORT": "0",
    "RATE_LIMIT_PER_MINUTE": "100000",
    "RATE_LIMIT_BURST": "1000",
    "OWNER_RATE_LIMIT_PER_MINUTE": "1000000",
}
ANSWER_SECONDS = 120.0
SAVED_SECONDS = 1.5


@dataclass
class Conversation:
    """One conversation of the test."""

    session: str = field(default_factory=lambda: uuid.uuid4().hex)
    """The session's id."""
    accepted: list[str] = field(default_factory=list[str])
    """The questions that were accepted, in order."""


class Deaths:
    def __init__(self, seconds: float, sessions: int, seed: int) -> None:
        self.violations: list[str] = []
        self.killed: dict[str, int] = {}
        self._end = time.monotonic() + seconds
        self._random = random.Random(seed)
        self._talks = [Conversation() for _ in range(sessions)]
        self._url = ""
        self._up = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def questions(self) -> int:
        return sum(len(talk.accepted) for talk in self._talks)

    async def run(self, kill_seconds: float) -> None:
        """Start the application three times; all but the last time it ends by SIGKILL."""
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            asking = [asyncio.create_task(self._ask(http, talk), name=talk.session) for talk in self._talks]
            with tempfile.TemporaryDirectory(prefix="forge-deaths-") as folder:
                began = time.monotonic()
                third = (self._end - began) / 3
                for life in (1, 2, 3):
                    async with running_stack(SETTINGS, folder=Path(folder)) as stack:
                        self._url = stack.base_url
                        self._up.set()
                        await self._kill_parts(stack, kill_seconds, began + life * third)
                        if life == 3:
                            await asyncio.gather(*asking)
                            await asyncio.gather(*(self._check(http, talk) for talk in self._talks))
                            await self._check_chain(http)
                            continue
                        await self._pause()
                        self._up.clear()
                        stack.process.kill()
                        self.killed["everything"] = life
                        await stack.process.wait()
                        self._quiet.set()

    async def _kill_parts(self, stack: RunningStack, pause: float, until: float) -> None:
        while time.monotonic() < until:
            await asyncio.sleep(pause * self._random.uniform(0.5, 1.5))
            part = self._random.choice(PARTS)
            if part == "anvil":
                await self._pause()
            if pid := stack.processes().get(part):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.killed[part] = self.killed.get(part, 0) + 1
            self._quiet.set()

    async def _pause(self) -> None:
        """Allow no further payments until the chain has been saved."""
        self._quiet.clear()
        await asyncio.sleep(2 * SAVED_SECONDS)

    async def _ask(self, http: httpx.AsyncClient, talk: Conversation) -> None:
        while time.monotonic() < self._end:
            await self._quiet.wait()
            number = len(talk.accepted)
            text = "send 0.001 ETH from Alice to Bob" if number % 3 == 0 else f"balance of Alice {number}"
            key = uuid.uuid4().hex
            body = {"message": text, "session_id": talk.session}
            while not await self._accepted(http, body, key):  # noqa: ASYNC110  another process is asked
                await asyncio.sleep(0.1)
            talk.accepted.append(text)
            await asyncio.sleep(self._random.uniform(1, 4))

    async def _accepted(self, http: httpx.AsyncClient, body: Mapping[str, str], key: str) -> bool:
        await self._up.wait()
        headers = {"Idempotency-Key": key, "Prefer": "return=minimal"}
        with contextlib.suppress(httpx.TransportError):
            answer = await http.post(f"{self._url}/api/chat", json=body, headers=headers)
            if answer.status_code not in {200, 429} and answer.status_code < 500:
                self.violations.append(f"{answer.status_code} {answer.text}")
            return answer.status_code < 500 and answer.status_code != 429
        return False

    async def _check(self, http: httpx.AsyncClient, talk: Conversation) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            state = (await http.get(f"{self._url}/api/state", params={"session_id": talk.session})).json()
            if not state["is_processing"] and not state["queued"]:
                break
            if time.monotonic() > deadline:
                self.violations.append(f"{talk.session}: no end after {ANSWER_SECONDS:g} s")
                return
            await asyncio.sleep(0.2)
        asked = [each["content"] for each in state["messages"] if each["sender"] == "user"]
        if asked != talk.accepted:
            self.violations.append(f"{talk.session}: accepted {talk.accepted}, shown {asked}")
        if state["messages"] and state["messages"][-1]["sender"] == "user":
            self.violations.append(f"{talk.session}: the last question has no answer")

    async def _check_chain(self, http: httpx.AsyncClient) -> None:
        """There must be no more payments than were requested."""
        rpc: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "eth_accounts", "params": []}
        accounts = (await http.post(f"{self._url}/rpc/testnet", json=rpc)).json()["result"]
        rpc |= {"method": "eth_getTransactionCount", "params": [accounts[0], "latest"]}
        sent = int((await http.post(f"{self._url}/rpc/testnet", json=rpc)).json()["result"], 16)
        asked = sum(text.startswith("send") for talk in self._talks for text in talk.accepted)
        if sent > asked:
            self.violations.append(f"{sent} payments for {asked} that were asked for")


async def main(given: Mapping[str, str]) -> int:
    deaths = Deaths(
        seconds=float(given.get("MINUTES") or 1) * 60,
        sessions=int(given.get("SESSIONS") or 12),
        seed=int(given.get("SEED") or 1),
    )
    await deaths.run(kill_seconds=float(given.get("KILL_SECONDS") or 5))
    killed = ", ".join(f"{name} {count}" for name, count in sorted(deaths.killed.items()))
    print(f"{deaths.questions} questions accepted; killed: {killed}; {len(deaths.violations)} violations")
    for violation in deaths.violations:
        print(violation)
    return int(bool(deaths.violations))

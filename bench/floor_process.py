"""The bare server as a process of its own, and people who use it as they use the application."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from time import perf_counter

import aiohttp

from bench.people import ASKED, DEFLATE, PATIENCE_SECONDS, Heard, client
from local_dev.repository import ROOT

FLOOR = [sys.executable, "-m", "bench.floor"]


@dataclass(frozen=True, slots=True)
class Floor:
    """The running bare server."""

    base_url: str
    """The base URL."""
    pid: int
    """The id of its process."""


@dataclass
class FloorPerson(Heard):
    http: aiohttp.ClientSession
    """The client of this person."""
    says: str = ASKED
    """The message that is sent each time."""

    @property
    def heard(self) -> Heard:
        return self

    async def ask(self) -> None:
        began, texts = perf_counter(), list[float]()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                headers = {"content-type": "application/json"}
                async with self.http.post("/chat", data=self.says, headers=headers) as response:
                    async for _ in response.content.iter_any():
                        texts.append(perf_counter())
            self.note(began, texts)
        except Exception as error:  # noqa: BLE001 - every failure counts
            self.errors.append(type(error).__name__)


@asynccontextmanager
async def running_floor() -> AsyncGenerator[Floor]:
    process = await asyncio.create_subprocess_exec(
        *FLOOR, stdout=asyncio.subprocess.PIPE, cwd=ROOT, env=dict(os.environ)
    )
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().split()[1]
        yield Floor(url, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def floor_people(floor: Floor, count: int, says: str = ASKED) -> AsyncGenerator[list[FloorPerson]]:
    """Use open connections, as `people` do."""
    async with client(floor.base_url) as http:
        made = [FloorPerson(http) for _ in range(count)]
        await asyncio.gather(*(person.ask() for person in made))
        for person in made:
            person.forget()
            person.says = says
        yield made


@asynccontextmanager
async def open_sockets(floor: Floor, count: int) -> AsyncGenerator[None]:
    """Keep so many sockets open on which nothing is sent."""
    async with client(floor.base_url) as http, AsyncExitStack() as sockets:
        for _ in range(count):
            await sockets.enter_async_context(http.ws_connect("/idle", compress=DEFLATE))
        yield


async def llm_alone(users: int, tokens: int, per_second: float) -> float:
    """Return the seconds of processor time that the scripted LLM alone takes for 1,000 tokens."""
    process = await asyncio.create_subprocess_exec(
        *FLOOR, "alone", str(users), str(tokens), str(per_second), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    told, _ = await process.communicate()
    return float(told) / (users * tokens) * 1_000

"""People who chat over HTTP and a raw WebSocket, and note when the first text of each answer arrives."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from local_dev.stack_process import RunningStack

PATIENCE_SECONDS = 60.0
TOKENS = 20
ASKED = json.dumps({"f": 0, "t": TOKENS, "r": 0})
_ANSWER = "".join(f"t{number:04d} " for number in range(TOKENS))
UNLIMITED = {"RATE_LIMIT_PER_MINUTE": "100000", "RATE_LIMIT_BURST": "1000"}
"""So that a person of this bench may type faster than people do."""


@dataclass
class Person:
    """`first_texts` and `answers`: milliseconds from the POST, one for each message. `expected` None: any answer."""

    http: httpx.AsyncClient
    socket: ClientConnection
    session_id: str
    says: str = ASKED
    expected: str | None = _ANSWER
    first_texts: list[float] = field(default_factory=list[float])
    answers: list[float] = field(default_factory=list[float])
    errors: list[str] = field(default_factory=list[str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    async def ask(self) -> None:
        began = perf_counter()
        posting = asyncio.create_task(
            self.http.post(
                "/api/chat",
                json={"message": self.says, "session_id": self.session_id},
                headers=self.headers,
            )
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._follow(began)
                response = await posting
            if response.status_code != 200:
                self.errors.append(f"status {response.status_code}")
        except Exception as error:  # noqa: BLE001 - every failure counts
            posting.cancel()
            self.errors.append(type(error).__name__)

    async def _follow(self, began: float) -> None:
        """Until the run has ended, and its answer is the right one."""
        first: float | None = None
        while True:
            frame: dict[str, Any] = json.loads(await self.socket.recv())
            said = frame["type"] == "text" or any(
                each["sender"] == "agent" for each in frame.get("messages", [])
            )
            if said and first is None:
                first = (perf_counter() - began) * 1000
            if first is not None and frame["type"] == "state" and not frame["is_processing"]:
                break
        self.first_texts.append(first)
        self.answers.append((perf_counter() - began) * 1000)
        if self.expected is not None and frame["messages"][-1]["content"] != self.expected:
            self.errors.append("wrong answer")


@asynccontextmanager
async def people(
    stack: RunningStack,
    count: int,
    says: str = ASKED,
    expected: str | None = _ANSWER,
    callers: Sequence[Mapping[str, str]] = (),
) -> AsyncGenerator[list[Person]]:
    """With open connections, and with one answer behind them, so that nothing is measured that happens once.

    `callers`: the headers that each shows.
    """
    async with AsyncExitStack() as exits:
        limits = httpx.Limits(max_connections=None)
        client = httpx.AsyncClient(
            base_url=stack.base_url, timeout=PATIENCE_SECONDS, trust_env=False, limits=limits
        )
        http = await exits.enter_async_context(client)
        made: list[Person] = []
        for number in range(count):
            session_id = str(uuid.uuid4())
            headers = callers[number] if callers else dict[str, str]()
            url = f"{stack.ws_url}?session_id={session_id}"
            connecting = connect(url, proxy=None, ping_interval=None, additional_headers=headers)
            socket = await exits.enter_async_context(connecting)
            made.append(Person(http, socket, session_id, says, expected, headers=headers))
        await asyncio.gather(*(person.ask() for person in made))
        for person in made:
            person.first_texts.clear()
            person.answers.clear()
        yield made


async def one_after_the_other(person: Person, messages: int) -> None:
    for _ in range(messages):
        await person.ask()


async def with_pauses(person: Person, messages: int, seconds: float) -> None:
    """A message every `seconds`, on average, beginning at a random moment."""
    for _ in range(messages):
        await asyncio.sleep(random.uniform(0, 2 * seconds))
        await person.ask()

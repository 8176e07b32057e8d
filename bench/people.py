"""People who chat over HTTP and a raw WebSocket, and record when the text of each answer arrives."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from time import perf_counter
from typing import Any, Protocol

import aiohttp

from local_dev.stack_process import RunningStack

PATIENCE_SECONDS = 60.0
TOKENS = 20
UNLIMITED = {"RATE_LIMIT_PER_MINUTE": "100000", "RATE_LIMIT_BURST": "1000"}
"""The rate limits are raised, so that a person of this bench may type faster than people do."""
DEFLATE = 15
"""Browsers offer compression, so these sockets do too."""


def script(tokens: int, per_second: float) -> str:
    """The request to the scripted LLM."""
    return json.dumps({"f": 0, "t": tokens, "r": per_second})


def words(tokens: int) -> str:
    return "".join(f"t{number:04d} " for number in range(tokens))


ASKED = script(TOKENS, 0)
_ANSWER = words(TOKENS)


@dataclass(kw_only=True)
class Heard:
    """What a person has measured; times in milliseconds."""

    first_texts: list[float] = field(default_factory=list[float])
    """The times from each message to its first text."""
    answers: list[float] = field(default_factory=list[float])
    """The times from each message to the end of its answer."""
    gaps: list[float] = field(default_factory=list[float])
    """The times between two texts of an answer."""
    errors: list[str] = field(default_factory=list[str])
    """The problems in words."""

    def forget(self) -> None:
        for each in (self.first_texts, self.answers, self.gaps, self.errors):
            each.clear()

    def note(self, began: float, texts: Sequence[float]) -> None:
        """One answer: when it was requested, and when each text arrived."""
        self.first_texts.append((texts[0] - began) * 1000)
        self.answers.append((perf_counter() - began) * 1000)
        self.gaps += ((later - earlier) * 1000 for earlier, later in pairwise(texts))


class Asking(Protocol):
    """A person who sends messages and reads the answers of the application or of the bare server."""

    @property
    def heard(self) -> Heard: ...
    async def ask(self) -> None: ...


@dataclass
class Person(Heard):
    """A person with a session of the application."""

    http: aiohttp.ClientSession
    """The client for requests."""
    socket: aiohttp.ClientWebSocketResponse
    """The WebSocket of the session."""
    session_id: str
    """The session's id."""
    says: str = ASKED
    """The message that is sent each time."""
    expected: str | None = _ANSWER
    """The right answer; None: any answer is right."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """The headers of each request."""
    patience: float = PATIENCE_SECONDS
    """The longest wait for the end of an answer, in seconds."""

    @property
    def heard(self) -> Heard:
        return self

    async def ask(self) -> None:
        began = perf_counter()
        posting = asyncio.create_task(self._post(), name="post")
        try:
            async with asyncio.timeout(self.patience):
                await self._follow(began)
                if (status := await posting) != 200:
                    self.errors.append(f"status {status}")
        except Exception as error:  # noqa: BLE001 - every failure counts
            posting.cancel()
            self.errors.append(type(error).__name__)

    async def _post(self) -> int:
        body = {"message": self.says, "session_id": self.session_id}
        async with self.http.post("/api/chat", json=body, headers=self.headers) as response:
            await response.read()
            return response.status

    async def _follow(self, began: float) -> None:
        """Wait until the run has ended and its answer is the right one."""
        texts: list[float] = []
        said = ""
        while True:
            frame: dict[str, Any] = json.loads(await self.socket.receive_str())
            is_text = frame["type"] == "text"
            if is_text or (not texts and _has_answer(frame)):
                texts.append(perf_counter())
            if messages := frame.get("messages"):
                said = messages[-1]["content"]
            if texts and frame["type"] == "state" and not frame["is_processing"]:
                break
        self.note(began, texts)
        if self.expected is not None and said != self.expected:
            self.errors.append("wrong answer")


def _has_answer(frame: Mapping[str, Any]) -> bool:
    return any(each["sender"] == "agent" for each in frame.get("messages", []))


@asynccontextmanager
async def people(
    stack: RunningStack,
    count: int,
    says: str = ASKED,
    expected: str | None = _ANSWER,
    callers: Sequence[Mapping[str, str]] = (),
) -> AsyncGenerator[list[Person]]:
    """Give each person an open connection and one finished answer, so that one-time work is not measured.

    `callers`: the headers that each person sends.
    """
    async with AsyncExitStack() as exits:
        http = await exits.enter_async_context(client(stack.base_url))
        made: list[Person] = []
        for number in range(count):
            session_id = str(uuid.uuid4())
            headers = callers[number] if callers else dict[str, str]()
            url = f"{stack.ws_url}?session_id={session_id}"
            socket = await exits.enter_async_context(http.ws_connect(url, headers=headers, compress=DEFLATE))
            made.append(Person(http, socket, session_id, says, expected, headers))
        await warm(made)
        yield made


async def warm(persons: Sequence[Person]) -> None:
    """Give each person a short answer, a few people at a time."""
    few = asyncio.Semaphore(20)

    async def once(person: Person) -> None:
        says, expected = person.says, person.expected
        person.says, person.expected = (ASKED, _ANSWER) if expected is not None else (says, None)
        async with few:
            await person.ask()
        person.says, person.expected = says, expected

    await asyncio.gather(*(once(person) for person in persons))
    failed = [error for person in persons for error in person.errors]
    if failed:
        raise RuntimeError(f"the first messages of the bench failed: {failed}")
    for person in persons:
        person.forget()


def client(base_url: str) -> aiohttp.ClientSession:
    """The same steps for the application and for the bare server."""
    return aiohttp.ClientSession(
        base_url,
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=PATIENCE_SECONDS),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=PATIENCE_SECONDS),
    )


async def one_after_the_other(person: Asking, messages: int) -> None:
    for _ in range(messages):
        await person.ask()


async def with_pauses(person: Asking, messages: int, seconds: float) -> None:
    """Send a message every `seconds`, on average, beginning at a random moment."""
    for _ in range(messages):
        await asyncio.sleep(random.uniform(0, 2 * seconds))
        await person.ask()

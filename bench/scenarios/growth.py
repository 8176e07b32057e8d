"""The cost of a conversation of 10, 1,000 and 5,000 messages, for its own people and for other people at the same
time.
"""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from time import perf_counter
from typing import Any

from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, UserPromptPart

from bench.figures import Figure, percentile
from bench.people import UNLIMITED, Person, people
from bench.suite import Scenario, Size
from forge.models.ids import new_run_id
from forge.models.message import Draft
from forge.models.request_prices import FRAMES
from forge.models.run import Ending, Progress, RunMessage, Submission
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.settings import Settings
from forge.store import Store, open_store, system_clock
from local_dev.stack_process import RunningStack, running_stack
from worker.agent.history import run_history as history

SIZES = (10, 1_000, 5_000)
BESIDE = 8
"""Requests of the long conversation that run while another person's first text is measured."""
NEWEST = 200
SILENCE_SECONDS = 0.5
MINIMAL, FIRST_TEXT = "POST, minimal answer, p50", "first text, p50"
QUIET, AWAY = "another's first text, quiet, p50", f"another's first text beside {BESIDE} POSTs, p50"
NEIGHBOUR = f"another's first text beside {BESIDE} POSTs, instead of quiet"
FLAT, BESIDE_MOST = 2.0, 1.5
AT_ONCE = 20
"""Turns in one transaction, each of two messages and two LLM messages."""
_TEXT = "The balance of Alice is 9,998.5 ETH on the local test network, at block 12,345. " * 4


async def measure(size: Size) -> list[Figure]:
    async with running_stack(UNLIMITED) as stack:
        return await growth(stack, size.of(9, 2))


async def growth(stack: RunningStack, rounds: int) -> list[Figure]:
    figures: list[Figure] = []
    with _environment(stack):
        settings = Settings.from_environment({**stack.environment, **UNLIMITED})
        store = open_store(settings, system_clock)
        for size in SIZES:
            figures += await _of_size(stack, store, size, rounds)
    return [*figures, *_flat(figures)]


def _flat(figures: Sequence[Figure]) -> list[Figure]:
    """How much more the longest conversation costs than the shortest, which has enough messages to be warm."""
    value = {figure.name: figure.value for figure in figures}
    short, long = (f"{size:,} messages" for size in (SIZES[0], SIZES[-1]))
    ratios = [
        Figure(
            f"{long} instead of {short}: {what}",
            value[f"{long}: {what}"] / value[f"{short}: {what}"],
            "×",
            FLAT,
        )
        for what in (MINIMAL, FIRST_TEXT)
    ]
    beside = [
        Figure(
            f"{size:,} messages: {NEIGHBOUR}",
            value[f"{size:,} messages: {AWAY}"] / value[f"{size:,} messages: {QUIET}"],
            "×",
            BESIDE_MOST,
        )
        for size in SIZES
    ]
    return [*ratios, *beside]


async def _of_size(stack: RunningStack, store: Store, size: int, rounds: int) -> list[Figure]:
    async with people(stack, 2) as (long, other):
        await asyncio.to_thread(lengthen, store, long.session_id, size)
        quiet = await _first_texts(other, rounds)
        cold = await _first_texts(long, 1)
        own = await _first_texts(long, rounds)
        minimal = await _timed(lambda: _post(long, minimal=True), rounds)
        whole = await _timed(lambda: _post(long, minimal=False), rounds)
        state = await _timed(lambda: _state(long), rounds)
        await _until_quiet(long)
        await _read_all(long)
        synced = [await _sync(long) for _ in range(rounds)]
        long.headers = {"prefer": "return=minimal"}
        of_page = await _first_texts(long, rounds)
        beside = await _beside(long, other, rounds)
        size_of_state = len(await _state(long)) / 1_000
    name = f"{size:,} messages"
    return [
        Figure(f"{name}: {MINIMAL}", percentile(minimal, 50), "ms"),
        Figure(f"{name}: POST, whole State, p50", percentile(whole, 50), "ms"),
        Figure(f"{name}: GET state, p50", percentile(state, 50), "ms"),
        Figure(f"{name}: a State", size_of_state, "KB"),
        Figure(
            f"{name}: sync of the newest {NEWEST}, p50", percentile([took for took, _ in synced], 50), "ms"
        ),
        Figure(f"{name}: answer to sync", synced[0][1] / 1_000, "KB"),
        Figure(f"{name}: first text, the first time", cold[0], "ms"),
        Figure(f"{name}: {FIRST_TEXT}", percentile(own, 50), "ms"),
        Figure(
            f"{name}: first text with a minimal answer, as the page asks, p50", percentile(of_page, 50), "ms"
        ),
        Figure(f"{name}: {QUIET}", percentile(quiet, 50), "ms"),
        Figure(f"{name}: {AWAY}", percentile(beside, 50), "ms"),
    ]


def lengthen(store: Store, session_id: str, size: int) -> None:
    """Give the session `size` messages in all, with as many in the LLM's history, through the store's own writes."""
    key, run_id = SessionKey(ANONYMOUS, session_id), new_run_id()
    session = store.inbox.accept(key, Submission(run_id=run_id, content="go on", created_at=system_clock()))
    message = RunMessage(owner=key.owner, session_id=session_id, generation=session.generation, run_id=run_id)
    lease = store.runs.claim(message, "bench")
    missing = max(0, size - session.logged - 1)
    while missing > 0:
        turns = min(AT_ONCE, (missing + 1) // 2)
        lease = store.runs.append(lease, Progress(drafts=_drafts(run_id, turns), entries=_entries(turns)))
        missing -= 2 * turns
    store.runs.finish(lease, Ending(outcome="completed"))


def _drafts(run_id: str, turns: int) -> list[Draft]:
    now = system_clock()
    asked = Draft(sender="user", content="balance of Alice", created_at=now, run_id=run_id)
    said = Draft(sender="agent", content=_TEXT, created_at=now, run_id=run_id)
    return [asked, said] * turns


def _entries(turns: int) -> list[bytes]:
    asked = ModelRequest(parts=[UserPromptPart("balance of Alice")], run_id=uuid.uuid4().hex)
    said = ModelResponse(parts=[TextPart(_TEXT)], run_id=asked.run_id)
    return history.dump([asked, said] * turns)


async def _first_texts(person: Person, rounds: int) -> list[float]:
    person.first_texts.clear()
    for _ in range(rounds):
        await person.ask()
    if person.errors:
        raise RuntimeError(f"a message of the bench failed: {person.errors}")
    return list(person.first_texts)


async def _beside(long: Person, other: Person, rounds: int) -> list[float]:
    """Measure the other person's first texts while the long conversation gets `BESIDE` messages at once, repeatedly."""
    values: list[float] = []
    for _ in range(rounds):
        posts = [asyncio.create_task(_post(long, minimal=True), name="post") for _ in range(BESIDE)]
        values += await _first_texts(other, 1)
        await asyncio.gather(*posts)
        await _until_quiet(long)
    return values


async def _until_quiet(person: Person) -> None:
    """A message with a preference to wait returns when all messages before it have ended."""
    if json.loads(await _post(person, minimal=True, wait=20))["is_processing"]:
        raise RuntimeError("the long conversation did not come to rest")


async def _post(person: Person, *, minimal: bool, wait: int = 0) -> bytes:
    body = {"message": json.dumps({"f": 0, "t": 1, "r": 0}), "session_id": person.session_id}
    preferences = [*(["return=minimal"] if minimal else []), *([f"wait={wait}"] if wait else [])]
    headers = {"prefer": ", ".join(preferences)} if preferences else {}
    async with person.http.post("/api/chat", json=body, headers=headers, raise_for_status=True) as response:
        return await response.read()


async def _state(person: Person, limit: int = 500) -> bytes:
    asked = {"session_id": person.session_id, "limit": str(limit)}
    async with person.http.get("/api/state", params=asked, raise_for_status=True) as response:
        return await response.read()


async def _read_all(person: Person) -> None:
    """Read from the socket what the posts have left, until nothing comes for a while."""
    with suppress(TimeoutError):
        while True:
            await person.socket.receive_str(timeout=SILENCE_SECONDS)


async def _sync(person: Person) -> tuple[float, int]:
    """Return the milliseconds until everything that was requested has arrived, and its bytes. Waits first, because a
    connection that sends more frames than the price list allows is not answered.
    """
    await asyncio.sleep(FRAMES["sync"] / 1_000)
    began, size = perf_counter(), 0
    await person.socket.send_json({"type": "sync", "have": {}, "newest": NEWEST})
    async with asyncio.timeout(person.patience):
        while True:
            text = await person.socket.receive_str()
            frame = json.loads(text)
            size += len(text.encode())
            if (
                frame["type"] == "state"
                and frame["messages"]
                and frame["messages"][-1]["seq"] + 1 == frame["message_count"]
            ):
                return (perf_counter() - began) * 1_000, size


async def _timed(request: Callable[[], Awaitable[Any]], rounds: int) -> Sequence[float]:
    values: list[float] = []
    for _ in range(rounds):
        began = perf_counter()
        await request()
        values.append((perf_counter() - began) * 1_000)
        await asyncio.sleep(0.1)
    return values


@contextmanager
def _environment(stack: RunningStack) -> Generator[None]:
    """boto3 reads the emulator's address and the credentials from the environment."""
    names = {name: value for name, value in stack.environment.items() if name.startswith("AWS_")}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


SCENARIO = Scenario("How a conversation grows", measure)

"""A write that has begun is awaited, however often and in whatever way its caller is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import anyio
import pytest

from worker.agent.shielded_writes import uninterrupted


class Write:
    def __init__(self) -> None:
        self.may_end, self.has_ended, self.has_begun = asyncio.Event(), False, asyncio.Event()

    async def __call__(self) -> str:
        self.has_begun.set()
        await self.may_end.wait()
        self.has_ended = True
        return "stored"


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def _often(write: Write) -> None:
    caller = asyncio.create_task(uninterrupted(write()))
    await write.has_begun.wait()
    for _ in range(5):
        caller.cancel()
        await _turns()
        assert not caller.done()
    write.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller


async def _by_a_scope(write: Write) -> None:
    """As the agent library does it, whose scope cancels again in each turn of the loop."""
    ended_inside: list[bool] = []

    async def call() -> None:
        with anyio.CancelScope() as scope:
            asyncio.get_running_loop().call_soon(scope.cancel)
            try:
                await uninterrupted(write())
            finally:
                ended_inside.append(write.has_ended)

    caller = asyncio.create_task(call())
    await write.has_begun.wait()
    await _turns()
    assert not caller.done()
    write.may_end.set()
    await caller
    assert ended_inside == [True]


@pytest.mark.parametrize("cancel", [_often, _by_a_scope])
async def test_a_write_is_waited_for(cancel: Callable[[Write], Awaitable[None]]) -> None:
    write = Write()
    await cancel(write)
    assert write.has_ended


async def test_an_error_of_the_write_comes_before_the_cancellation() -> None:
    begun, fail = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        begun.set()
        await fail.wait()
        raise ValueError("refused")

    caller = asyncio.create_task(uninterrupted(write()))
    await begun.wait()
    caller.cancel()
    await _turns()
    fail.set()
    with pytest.raises(ValueError, match="refused"):
        await caller


async def test_what_the_write_brings_is_returned() -> None:
    write = Write()
    write.may_end.set()
    assert await uninterrupted(write()) == "stored"

"""Work in a task of its own ends as it would in its caller's task, whatever ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import anyio
import pytest

from worker.agent.llm.own_task import in_own_task


class Reading:
    """Waits for a stream that never ends, and closes it under a shield, as HTTP clients do."""

    def __init__(self) -> None:
        self.has_begun, self.may_close, self.is_closed = asyncio.Event(), asyncio.Event(), False

    async def __call__(self) -> None:
        try:
            self.has_begun.set()
            await asyncio.Event().wait()
        finally:
            with anyio.CancelScope(shield=True):
                await self.may_close.wait()
                self.is_closed = True


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def _as_a_task(reading: Reading) -> None:
    caller = asyncio.create_task(in_own_task(reading(), "reading"))
    await reading.has_begun.wait()
    caller.cancel()
    await _turns()
    assert not caller.done()
    reading.may_close.set()
    with pytest.raises(asyncio.CancelledError):
        await caller


async def _by_a_scope(reading: Reading) -> None:
    """As the agent library does it, whose scope cancels again in each turn of the loop."""

    async def call() -> None:
        with anyio.CancelScope() as scope:
            asyncio.get_running_loop().call_later(0, scope.cancel)
            await in_own_task(reading(), "reading")
            raise AssertionError

    caller = asyncio.create_task(call())
    await reading.has_begun.wait()
    await _turns()
    assert not caller.done()
    reading.may_close.set()
    await caller


@pytest.mark.parametrize("cancel", [_as_a_task, _by_a_scope])
async def test_a_cancelled_reading_closes_its_stream_first(
    cancel: Callable[[Reading], Awaitable[None]],
) -> None:
    reading = Reading()
    await cancel(reading)
    assert reading.is_closed


@pytest.mark.parametrize("error", [ValueError("broken"), TimeoutError(), asyncio.CancelledError()])
async def test_an_error_arrives_as_itself(error: BaseException) -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise error

    with pytest.raises(type(error)) as raised:
        await in_own_task(work(), "failing")
    assert raised.value is error


async def test_the_work_has_ended_when_it_returns() -> None:
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append("read")

    await in_own_task(work(), "reading")
    assert done == ["read"]

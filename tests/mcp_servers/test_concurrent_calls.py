"""If one of several concurrent questions fails, none of the others continues."""

from __future__ import annotations

import asyncio

import pytest

from worker.concurrent_calls import all_of, both


class Refused(Exception):
    pass


async def refuse() -> str:
    raise Refused


async def answer(value: str) -> str:
    await asyncio.sleep(0)
    return value


async def test_answers_come_in_the_order_of_the_questions() -> None:
    assert await both(answer("a"), answer("b")) == ("a", "b")
    assert await all_of(answer(each) for each in "abc") == ["a", "b", "c"]
    assert await all_of(answer(each) for each in "") == []


@pytest.mark.parametrize("is_first", [True, False])
async def test_the_others_are_over_when_one_has_failed(is_first: bool) -> None:
    ended: list[str] = []

    async def wait() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("waiting one")
        return ""

    with pytest.raises(Refused):
        await (both(refuse(), wait()) if is_first else all_of([wait(), refuse(), wait()]))
    assert len(ended) == (1 if is_first else 2)

"""Nothing of a deleted session comes back or stays, whatever its run was doing at that moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from forge.errors import LeaseLost
from forge.models.run import Progress, Submission
from forge.models.work import CallRecord
from forge.store import Store, keys
from tests.clock import Clock
from tests.patience import PATIENCE_SECONDS
from tests.schema import TABLE_NAME
from tests.store.scenes import about
from tests.worker.machines import Watched
from tests.worker.scripted_llm import Script, call
from tests.worker.stage import KEY, Stage
from tests.worker.tools import Bank

CHILDREN = ("message#", "entry#", "call#", "text#")


def children(dynamodb: Any) -> list[str]:
    """The sort keys of what is stored of the session's conversation."""
    asked = {"KeyConditionExpression": "pk = :pk", "ConsistentRead": True}
    values = {":pk": {"S": keys.partition(KEY)}}
    found = dynamodb.query(TableName=TABLE_NAME, ExpressionAttributeValues=values, **asked)["Items"]
    return [item["sk"]["S"] for item in found if item["sk"]["S"].startswith(CHILDREN)]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110  the table is another process
            await asyncio.sleep(0.01)


class Late:
    """The journal of a worker whose first result reaches the table when the session has just been deleted."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.is_stored = False

    def finish_call(self, *arguments: Any) -> CallRecord:
        if not self.is_stored:
            self._stage.store.sessions.delete(KEY)
        try:
            return self._stage.store.journal.finish_call(*arguments)
        finally:
            self.is_stored = True


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["balance", "transfer", "long"])
async def test_a_result_that_ends_with_its_session_is_deleted_too(
    stage: Stage, dynamodb: Any, tool: str
) -> None:
    calls = {"balance": '{"who":"Bob"}', "transfer": '{"to":"Bob","amount":1}', "long": '{"size":9}'}
    stage.servers = [Bank().server()]
    stage.llm = Script([call(tool, calls[tool], "c1")], ["never"]).llm()
    late = Late(stage)
    stage.start(journal=Watched(stage.store.journal, finish_call=late.finish_call))
    await stage.say("what does Bob have?")
    await until(lambda: late.is_stored and not children(dynamodb))
    await until(lambda: stage.active is not None and not len(stage.active))
    assert children(dynamodb) == []
    assert await asyncio.to_thread(stage.store.sessions.get, KEY) is None


@pytest.mark.slow
async def test_the_message_of_a_lost_run_holds_back_no_later_message(stage: Stage) -> None:
    """A message that stayed in the queue would be hidden for longer than this test waits."""
    stage.servers = [Bank().server()]
    stage.llm = Script([call("transfer", '{"to":"Bob","amount":1}', "c1")], ["answer"]).llm()
    stage.queue.hide_messages_for(3_600)
    late = Late(stage)
    stage.start(journal=Watched(stage.store.journal, finish_call=late.finish_call))
    await stage.say("pay Bob")
    await until(lambda: late.is_stored)
    page = await stage.open_page("c2=")
    await page.ended(await stage.say("anew"))
    assert (await stage.log())[-1] == ("agent", "answer")


def test_a_run_that_is_lost_deletes_nothing_of_a_session_that_lives(
    store: Store, clock: Clock, dynamodb: Any
) -> None:
    submission = Submission(run_id="a" * 32, content="hi", created_at=clock())
    lease = store.runs.claim(about(store.inbox.accept(KEY, submission), submission.run_id), "w")
    lease = store.runs.append(lease, Progress(entries=[b"a response"]))
    before = children(dynamodb)
    store.runs.clear(lease)
    assert children(dynamodb) == before != []
    store.sessions.delete(KEY)
    again = Submission(run_id="b" * 32, content="anew", created_at=clock())
    second = store.runs.claim(about(store.inbox.accept(KEY, again), again.run_id), "w")
    store.runs.append(second, Progress(entries=[b"a response"]))
    store.runs.clear(lease)
    assert len(children(dynamodb)) == len(before)


@pytest.mark.parametrize("hours", [-2, 1, 24 * 400])
def test_a_worker_with_a_wrong_clock_deletes_nothing_of_a_session_that_lives(
    store: Store, clock: Clock, dynamodb: Any, hours: int
) -> None:
    submission = Submission(run_id="a" * 32, content="hi", created_at=clock())
    lease = store.runs.claim(about(store.inbox.accept(KEY, submission), submission.run_id), "w")
    lease = store.runs.append(lease, Progress(entries=[b"a response"]))
    before = children(dynamodb)
    clock.now += hours * 3_600_000
    store.runs.clear(lease)
    assert children(dynamodb) == before != []


def test_a_run_of_a_deleted_session_sets_no_network(store: Store, clock: Clock) -> None:
    submission = Submission(run_id="a" * 32, content="hi", created_at=clock())
    lease = store.runs.claim(about(store.inbox.accept(KEY, submission), submission.run_id), "w")
    store.sessions.delete(KEY)
    with pytest.raises(LeaseLost):
        store.runs.set_network(lease, "base")
    assert store.sessions.get(KEY) is None

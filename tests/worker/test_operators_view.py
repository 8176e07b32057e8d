"""The worker logs each event of a run; docs/operations.md says what each line means."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from forge.errors import LeaseHeld, StorageUnavailable
from forge.settings import Settings
from forge.store import keys
from tests.patience import PATIENCE_SECONDS
from tests.worker.machines import Watched
from tests.worker.scripted_llm import Script
from tests.worker.stage import KEY, Stage, message_of


class Log(logging.Handler):
    """What the worker has logged: of each line its message and its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append({**record.__dict__, "message": record.getMessage()})

    def of(self, message: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["message"] == message]

    async def has(self, *messages: str) -> dict[str, Any]:
        """The first line that is one of `messages`."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := [each for each in self.lines if each["message"] in messages]):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return found[0]


@pytest.fixture
def log() -> Iterator[Log]:
    log, logger = Log(), logging.getLogger("worker")
    level = logger.level
    logger.addHandler(log)
    logger.setLevel(logging.INFO)
    yield log
    logger.removeHandler(log)
    logger.setLevel(level)


async def hold_a_run(stage: Stage) -> str:
    """A run in the middle of its text."""
    page = await stage.open_page()
    stage.llm = Script(["I was about ", asyncio.Event()]).llm()
    stage.start()
    run_id = await stage.say("hi")
    await page.says("I was about ")
    return run_id


@pytest.mark.slow
async def test_a_lost_worker_shows_as_another_attempt(stage: Stage, log: Log) -> None:
    run_id = await hold_a_run(stage)
    await stage.replace_worker()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(log.of("run claimed")) < 2:  # noqa: ASYNC110  a log has no event
            await asyncio.sleep(0.02)
    assert [(each["run_id"], each["attempt"]) for each in log.of("run claimed")] == [(run_id, 1), (run_id, 2)]


@pytest.mark.slow
async def test_a_deployment_shows_as_a_stop_and_as_runs_that_are_handed_over(stage: Stage, log: Log) -> None:
    run_id = await hold_a_run(stage)
    await stage.stop()
    assert (await log.has("worker stopping"))["runs"] == 1
    assert (await log.has("run released"))["run_id"] == run_id
    await log.has("worker stopped")


@pytest.mark.slow
async def test_a_table_that_fails_shows_with_what_was_wanted_of_it(stage: Stage, log: Log) -> None:
    failures = [StorageUnavailable("The table is overloaded.", retry_after=1)]

    def finish(*args: Any) -> Any:
        if failures:
            raise failures.pop()
        return stage.store.runs.finish(*args)

    page = await stage.open_page()
    stage.start(runs=Watched(stage.store.runs, finish=finish))
    await page.ended(await stage.say("hi"))
    (line,) = log.of("storage failed")
    assert (line["operation"], line["reason"]) == ("LeasedRecord.finish", "The table is overloaded.")


@pytest.mark.slow
async def test_a_repeated_message_shows_as_one_of_a_run_that_has_ended(stage: Stage, log: Log) -> None:
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("hi")
    await page.ended(run_id)
    await asyncio.to_thread(stage.queue.send, message_of(await stage.session(), run_id), resend=True)
    assert (await log.has("run ended already"))["run_id"] == run_id


async def test_a_message_of_a_run_that_goes_on_elsewhere_shows(stage: Stage, log: Log) -> None:
    def renewed(*_: Any) -> Any:
        raise LeaseHeld(stage.clock() + 10)

    await stage.say("hi")
    stage.start(runs=Watched(stage.store.runs, claim=renewed))
    assert (await log.has("run not claimed"))["reason"] == "LeaseHeld"


@pytest.mark.slow
async def test_a_connection_that_has_gone_shows(stage: Stage, log: Log) -> None:
    page = await stage.open_page("gone=")
    page.is_gone = True
    stage.clock.ahead += 60_000  # it is not just being opened
    stage.start()
    await stage.say("hi")
    line = await log.has("connection given up")
    assert (line["connection_id"], line["reason"]) == ("gone=", "ConnectionGone")
    assert "error" not in line, "make run prints errors, and a person who closes a page is none"


@pytest.mark.slow
async def test_a_slow_connection_shows(stage: Stage, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.push.sender.SLOW_SECONDS", 0.2)
    page = await stage.open_page("slow=")
    page.gate.clear()
    stage.start()
    run_id = await stage.say("hi")
    await log.has("run ended")
    await asyncio.sleep(0.2)
    page.gate.set()
    await page.ended(run_id)
    assert (await log.has("connection slow"))["connection_id"] == "slow="


@pytest.mark.slow
async def test_a_deleted_session_shows_where_its_run_was(stage: Stage, log: Log) -> None:
    run_id = await hold_a_run(stage)
    await asyncio.to_thread(stage.store.sessions.delete, KEY)
    seen = await log.has("run of a deleted session stopped", "run lost")  # the watch saw it first, or a write
    assert seen["run_id"] == run_id


@pytest.mark.slow
async def test_an_expired_session_shows_where_its_run_was(
    stage: Stage, log: Log, dynamodb: Any, settings: Settings
) -> None:
    """The next fenced write finds that there is no such session any more."""
    run_id = await hold_a_run(stage)
    await asyncio.to_thread(
        dynamodb.update_item,
        TableName=settings.forge_table,
        Key={"pk": {"S": keys.partition(KEY)}, "sk": {"S": "session"}},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"N": str(stage.clock() // 1_000 - 1)}},
    )
    assert (await log.has("run lost"))["run_id"] == run_id

"""Stored items that a worker cannot read affect their own session only, and not forever."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from forge.models.session import Session
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.store import keys
from tests.patience import PATIENCE_SECONDS
from tests.schema import TABLE_NAME
from tests.store.damages import OTHERS
from tests.worker.machines import MortalBlocking
from tests.worker.scripted_llm import Script, call, prompts
from tests.worker.stage import KEY, Stage
from tests.worker.tools import Bank

OTHER = SessionKey(ANONYMOUS, "other")


def damage(dynamodb: Any, key: dict[str, Any], name: str, value: dict[str, Any]) -> None:
    dynamodb.update_item(
        TableName=TABLE_NAME,
        Key={each: {"S": text} for each, text in key.items()},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )


def entry(session: Session, index: int) -> dict[str, Any]:
    return keys.entry(session.key, session.generation, index, 0)


@pytest.mark.slow
@pytest.mark.parametrize("body", [{"B": b"not zlib"}, {"S": "a text"}, {"N": "1.5"}])
async def test_an_older_part_of_the_history_that_cannot_be_read_is_left_out(
    stage: Stage, dynamodb: Any, body: dict[str, Any]
) -> None:
    script = Script(["fine"])
    stage.llm = script.llm()
    page = await stage.open_page()
    stage.start()
    await page.ended(await stage.say("first"))
    await stage.stop()
    damage(dynamodb, entry(await stage.session(), 0), "body", body)
    stage.start()
    await page.ended(await stage.say("second"))
    assert ("agent", "fine") in (await stage.log())[-2:]
    assert prompts(script.requests[-1]) == ["second"]


@pytest.mark.slow
async def test_a_run_whose_own_record_cannot_be_read_does_nothing_again(stage: Stage, dynamodb: Any) -> None:
    bank = Bank()
    script = Script([call("transfer", '{"to":"Bob","amount":999}', "c1")], ["Paid."])
    stage.servers, stage.llm = [bank.server()], script.llm()
    page = await stage.open_page()
    stage.start(blocking=(machine := MortalBlocking(10_000, after=False)))
    run_id = await stage.say("pay")
    await bank.has_begun.wait()
    machine.die()
    await stage.kill()
    damage(dynamodb, entry(await stage.session(), 1), "body", {"B": b"not zlib"})
    await stage.pass_the_lease()
    stage.start()
    seen = await page.ended(run_id)
    assert seen.hot is not None
    assert seen.hot.outcomes[run_id] == "failed"
    assert "may have taken effect" in seen.messages[-1].content
    assert bank.transfers == [("Bob", 999)]


@pytest.mark.slow
async def test_a_session_that_cannot_be_read_is_given_up_and_holds_nobody_up(
    stage: Stage, dynamodb: Any, sqs: Any
) -> None:
    stage.llm = Script(["fine"]).llm()
    run_id = await stage.say("never answered")
    damage(dynamodb, keys.hot(KEY), "logged", OTHERS["a text"])
    stage.start()
    page = await stage.open_page("other=", OTHER)
    await page.ended(await stage.say("hello", OTHER))
    url = sqs.get_queue_url(QueueName="dead.fifo")["QueueUrl"]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (buried := sqs.receive_message(QueueUrl=url).get("Messages")):
            stage.clock.ahead += 7_000
            await asyncio.to_thread(stage.queue.let_visibility_end)
    assert run_id in buried[0]["Body"]
    item = dynamodb.get_item(
        TableName=TABLE_NAME, Key={name: {"S": text} for name, text in keys.hot(KEY).items()}
    )["Item"]
    assert "active_id" not in item
    assert "work_due" not in item
    await asyncio.to_thread(stage.store.sessions.delete, KEY)
    page = await stage.open_page()
    await page.ended(await stage.say("anew"))
    assert await stage.log() == [("user", "anew"), ("agent", "fine")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["expires_at", "watched_until", "connections", "interrupt", "deleted"])
async def test_a_damaged_control_item_ends_no_worker(stage: Stage, dynamodb: Any, name: str) -> None:
    may_end = asyncio.Event()
    stage.llm = Script(["almost ", may_end, "done"]).llm()
    worker = stage.start()
    run_id = await stage.say("hi")
    damage(dynamodb, keys.control(KEY), name, OTHERS["a fraction"])
    other = await stage.open_page("other=", OTHER)
    told = await stage.say("hi", OTHER)
    await other.says("almost ")
    late = await stage.open_page("late=", OTHER)
    await late.says("almost ")  # the watch has looked at the control items of both runs
    may_end.set()
    await other.ended(told)
    await stage.stop()
    assert worker.exception() is None
    assert run_id in (await stage.session()).recent

"""What a client sees when the table or the queue fails, when the queue repeats itself, and when a session ends."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from bench.soak.checker import check
from bench.soak.conversation import Script, Talker, new_ref, paying, short
from bench.soak.faults import Fault
from bench.soak.rig import Rig
from tests.patience import PATIENCE_SECONDS

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.faults,
    pytest.mark.timeout(90),
]

logger = logging.getLogger(__name__)

GATEWAYS = ("gateway-1", "gateway-2")


@pytest_asyncio.fixture(loop_scope="session")
async def talker(rig: Rig) -> AsyncIterator[Talker]:
    await rig.whole()
    talker = Talker(rig)
    await talker.client.connect()
    yield talker
    await talker.client.aclose()


@pytest.mark.parametrize("kind", ["throttle", "error"])
async def test_a_failing_table_is_a_503_that_says_when_to_come_back(rig: Rig, kind: str) -> None:
    ref = new_ref()
    fault = rig.proxy.arm(Fault("inbox.accept", "before", kind, ref, left=50, clients=GATEWAYS))  # type: ignore[arg-type]
    body = {"message": "hi", "session_id": ref}
    async with httpx.AsyncClient(base_url=rig.urls[0], trust_env=False, timeout=PATIENCE_SECONDS) as http:
        refused = await http.post("/api/chat", json=body)
        rig.proxy.faults.remove(fault)
        state = (await http.get("/api/state", params={"session_id": ref})).json()
    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) >= 1
    assert state["messages"] == []


async def test_a_message_whose_queue_is_out_of_reach_is_kept_and_answered_later(
    rig: Rig, talker: Talker
) -> None:
    fault = rig.proxy.arm(Fault("queue.send", "before", "error", talker.talk.ref, left=6, clients=GATEWAYS))
    said = await talker.say(short(talker.next_ref()))
    await talker.ended(said)
    rig.proxy.faults.remove(fault)
    assert fault.fired.is_set()
    assert said.outcome == "completed"
    assert check(await talker.close()) == []


async def test_a_queue_that_repeats_itself_runs_nothing_twice(rig: Rig, talker: Talker) -> None:
    await talker.ended(await talker.say(short(talker.next_ref())))
    fault = rig.proxy.arm(Fault("queue.receive", "after", "duplicate", left=5))
    for script in (paying, short, short):
        await talker.ended(await talker.say(script(talker.next_ref())))
    rig.proxy.faults.remove(fault)
    talk = await talker.close()
    assert fault.fired.is_set()
    assert list(talk.paid.values()) == [0, 1, 0, 0]
    assert check(talk) == []


async def test_a_message_that_is_sent_again_after_its_run_has_ended_runs_nothing(
    rig: Rig, talker: Talker
) -> None:
    said = await talker.say(paying(talker.next_ref()))
    await talker.ended(said)
    before = len(rig.proxy.history)
    await asyncio.to_thread(rig.resend, talker.talk.ref, said.run_id)
    await rig.until(
        lambda event: event.crossing == "queue.delete" and talker.talk.ref in event.refs, before, 20
    )
    talk = await talker.close()
    assert talk.paid[said.script.ref] == 1
    assert check(talk) == []


@pytest.mark.parametrize("how", ["deleted", "expired"])
async def test_a_session_that_ends_mid_run_stops_its_agent_and_nothing_comes_back(
    rig: Rig, talker: Talker, how: str
) -> None:
    ref = talker.talk.ref
    script = Script(talker.next_ref(), (("Never heard. ", "pay"), ("Nor this.", "")), waits=(20.0,))
    before = len(rig.proxy.history)
    await talker.say(script)
    await rig.until(lambda event: event.what == "asked" and ref in event.refs, before, 20)
    ended_at = asyncio.get_running_loop().time()
    if how == "deleted":
        await talker.client.delete()
    else:
        await asyncio.to_thread(rig.expire, ref)
    stopped = await rig.until(lambda event: event.what == "left" and ref in event.refs, before, 15)
    logger.info("%s: the agent left its LLM after %.2f s", how, stopped.at - ended_at)
    await rig.until(lambda event: event.crossing == "queue.delete" and ref in event.refs, before, 30)
    async with httpx.AsyncClient(base_url=rig.urls[1], trust_env=False, timeout=PATIENCE_SECONDS) as http:
        state = (await http.get("/api/state", params={"session_id": ref})).json()
    assert (state["messages"], state["is_processing"]) == ([], False)
    assert rig.world.paid[script.ref] == 0


async def test_the_same_key_on_both_gateways_is_one_message(rig: Rig) -> None:
    ref = new_ref()
    body = {"message": json.dumps({"ref": ref, "steps": [{"say": "Once."}]}), "session_id": ref}
    headers = {"Idempotency-Key": uuid.uuid4().hex}

    async def post(url: str) -> str:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_SECONDS) as http:
            answer = await http.post("/api/chat", json=body, headers=headers)
            assert answer.status_code == 200
            return answer.headers["x-run-id"]

    runs = await asyncio.gather(*(post(url) for url in rig.urls * 2))
    assert len(set(runs)) == 1

"""The result of `make deploy`, in an account on this computer whose IAM is enforced, used by people.

The tests run in this order, because the first ones begin what takes a minute.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from forge.models.run import Submission
from forge.models.session import Connection
from forge.store import keys, system_clock
from tests.deployed.conftest import Deployed, key_of
from tests.end_to_end.chain import balance_of, rpc
from tests.end_to_end.conversing import Json, Socket, contents, new_id, plan, say, socket, tokens, tokens_text

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]

ETHER = 10**18
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
FRANK = "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"
MINUTE_SECONDS = 150.0
"""What AWS does each minute, and this account too, has happened by then."""


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def working(deployed: Deployed) -> None:
    if not deployed.service.is_running:
        await deployed.service.update()


async def until_idle(follower: Socket, condition: Any = lambda frame: True) -> Json:
    """The next state of the session in which nothing is in progress."""

    def is_idle(frame: Json) -> bool:
        return frame["type"] == "state" and not frame["is_processing"] and condition(frame)

    return await follower.until(is_idle, MINUTE_SECONDS)


def delete_as_ttl_does(deployed: Deployed, session_id: str) -> None:
    deployed.account.client("dynamodb").delete_item(**deployed.hot_item(session_id))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def each_minute(deployed: Deployed) -> AsyncIterator[asyncio.Task[None]]:
    """Waits for what AWS does each minute, from the first test that asks for it, while the others go on."""
    task = asyncio.create_task(_expires_and_is_recovered(deployed))
    yield task
    task.cancel()


async def _expires_and_is_recovered(deployed: Deployed) -> None:
    await asyncio.gather(_expires(deployed), _is_recovered(deployed))


async def _expires(deployed: Deployed) -> None:
    session_id = new_id()
    async with socket(deployed.installation.socket_url, session_id) as follower:
        await deployed.web.chat(say("an old secret"), session_id)
        await until_idle(follower, lambda frame: frame["message_count"] == 2)
        await asyncio.to_thread(delete_as_ttl_does, deployed, session_id)
        await follower.until(lambda frame: frame["type"] == "session_expired", MINUTE_SECONDS)
        await follower.until_closed(MINUTE_SECONDS)
    found = deployed.account.client("dynamodb").query(
        TableName=deployed.installation.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": keys.hot(key_of(session_id))["pk"]}},
    )
    assert "an old secret" not in str(found["Items"])


async def _is_recovered(deployed: Deployed) -> None:
    """A message is accepted, and the function dies before it sends that to the queue."""
    session_id = new_id()
    submission = Submission(run_id=uuid.uuid4().hex, content=say("found again"), created_at=system_clock())
    async with socket(deployed.installation.socket_url, session_id) as follower:
        await asyncio.to_thread(deployed.store.inbox.accept, key_of(session_id), submission)
        state = await until_idle(follower, lambda frame: frame["message_count"] == 2)
    assert state["outcomes"][submission.run_id] == "completed"


async def test_people_chat_and_the_ether_moves(deployed: Deployed, each_minute: asyncio.Task[None]) -> None:
    session_id, chain = new_id(), deployed.chains["TestnetRpcUrl"]
    before = await balance_of(chain, BOB)
    gone = Connection(connection_id="gone=", key=key_of(session_id), connected_at=0)
    await asyncio.to_thread(deployed.store.controls.connect, gone)
    sending = {"name": "send", "arguments": {"from": "Alice", "to": "Bob", "value": "1 ether"}}
    async with socket(deployed.installation.socket_url, session_id) as follower:
        await deployed.web.chat(plan({"say": "Sending."}, {"call": sending}, {"say": "Sent."}), session_id)
        await until_idle(follower, lambda frame: frame["message_count"] >= 4)
        await follower.send({"type": "sync"})
        synced = await follower.until(lambda frame: frame["type"] == "state" and frame["messages"])
        for frame, answer in (({"type": "ping"}, "pong"), ({"type": "no such thing"}, "error")):
            await follower.send(frame)
            await follower.until(lambda frame, answer=answer: frame["type"] == answer)
    assert await balance_of(chain, BOB) == before + ETHER
    assert contents(synced, "agent") == ["Sending.", "Sent."]
    assert any(frame["type"] == "text" for frame in follower.frames)


async def test_the_rest_of_the_api_answers(deployed: Deployed) -> None:
    web, client, session_id = deployed.web, deployed.web.client, new_id()
    async with socket(deployed.installation.socket_url, session_id) as follower:
        await web.chat(tokens(2_400, per_second=20), session_id)
        await follower.until(lambda frame: frame["type"] == "text")
        (waiting,) = (await web.chat(say("taken back"), session_id))["queued"]
        taken_back = {"session_id": session_id, "run_id": waiting["run_id"]}
        assert (await client.post("/api/interrupt", json=taken_back)).json()["queued"] == []
        await web.chat(say("replaced"), session_id)
        await web.chat(say("in its place"), session_id, if_busy="interrupt")
        await until_idle(follower, lambda frame: frame["message_count"] >= 4)
        assert (await client.get("/health")).text == "OK"
        assert (await client.patch(f"/api/sessions/{session_id}", json={"title": "Savings"})).is_success
        listed = (await client.get("/api/sessions", params={"ids": session_id})).json()
        assert [each["title"] for each in listed["sessions"]] == ["Savings"]
        called = await web.command(
            "call_tool", {"name": "balance", "arguments": {"who": "Heidi"}}, session_id
        )
        assert called["data"]["account"] == "Heidi"
        assert (await web.command("set_network", {"network": "base"}, session_id))["success"]
        await web.system("the wallet has connected", session_id)
        await until_idle(follower, lambda frame: frame["network"] == "base")
        assert (await client.delete(f"/api/sessions/{session_id}")).is_success
        await follower.until(lambda frame: frame["type"] == "session_expired")
        await follower.until_closed()
    assert (await web.state(session_id))["messages"] == []


async def test_a_wallet_signs_what_was_asked(deployed: Deployed) -> None:
    web, session_id, chain = deployed.web, new_id(), deployed.chains["BaseRpcUrl"]
    assert (await web.command("set_network", {"network": "base"}, session_id))["success"]
    wanted = {"to": BOB, "value": str(ETHER), "description": "A gift", "wallet_address": FRANK}
    call = {"name": "send_transaction_to_wallet", "arguments": wanted}
    async with socket(deployed.installation.socket_url, session_id) as follower:
        await web.chat(plan({"call": call}, {"say": "Thank you."}), session_id)
        waiting = await until_idle(follower, lambda frame: frame["approvals"])
        (asked,) = waiting["approvals"]
        claim = {"approval_id": asked["approval_id"], "digest": asked["digest"], "account": FRANK}
        claimed = await web.client.post(
            "/api/approvals/claim", json={**claim, "claim_id": "tab-one-1", "session_id": session_id}
        )
        assert claimed.is_success, claimed.text
        sent = await rpc(chain, "eth_sendTransaction", {"from": FRANK, "to": BOB, "value": hex(ETHER)})
        answer = {"approval_id": asked["approval_id"], "outcome": "sent", "transaction_hash": sent}
        await web.system(f"Transaction sent: {sent}", session_id, approval=answer)
        ended = await until_idle(follower, lambda frame: not frame["approvals"])
    assert ended["outcomes"]
    receipts = [each["receipt"] for each in (await web.state(session_id))["messages"] if each.get("receipt")]
    assert [each["outcome"] for each in receipts][-1] == "succeeded"


async def test_an_update_of_the_worker_costs_no_run_an_attempt(deployed: Deployed) -> None:
    count, session_id, other = 120, new_id(), new_id()
    async with socket(deployed.installation.socket_url, session_id) as follower:
        await deployed.web.chat(tokens(count, per_second=20), session_id)
        await follower.until(lambda frame: frame["type"] == "text")
        await deployed.web.chat(say("what waited behind it"), session_id)
        assert await deployed.service.update() == 0
        await deployed.web.chat(say("by the new one"), other)
        await until_idle(follower, lambda frame: frame["message_count"] == 4)
    answered = await deployed.streams.ended(other)
    assert contents(answered, "agent") == ["by the new one"]
    answers = [text.strip() for text in contents(await deployed.web.state(session_id), "agent")]
    assert answers == [tokens_text(count).strip(), "what waited behind it"]
    assert {frame["attempt"] for frame in follower.frames if frame["type"] == "text"} == {1}


async def test_sessions_end_by_the_stream_and_lost_messages_are_found_by_the_schedule(
    each_minute: asyncio.Task[None],
) -> None:
    await each_minute

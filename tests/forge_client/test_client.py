"""What a program does with `ForgeClient`, against real HTTP."""

from __future__ import annotations

import asyncio

import pytest

from forge.models.approval import Approval, WalletTransaction
from forge_client import (
    CommandFailed,
    ForgeClient,
    RunFailed,
    RunInterrupted,
    SessionExpired,
    Updated,
    WaitingForWallet,
)
from tests.fake_server.server import FakeServer
from tests.fake_server.session import SimulatedSession, now
from tests.patience import PATIENCE_SECONDS, eventually

HASH = "0x" + "ab" * 32


def wallet_request(session: SimulatedSession) -> Approval:
    transaction = WalletTransaction.of_call(8453, "0x" + "11" * 20, value="10")
    return Approval(
        approval_id="a" * 32,
        run_id=session.active.run_id,
        call_id="c",
        network="base",
        transaction=transaction,
        digest=transaction.digest(),
        description="Pay 10 wei",
        created_at=now(),
        expires_at=now() + 900_000,
    )


def pausing(session: SimulatedSession, message: str) -> None:
    """An agent that wants the wallet first, and goes on when it hears from it."""
    session.claim()
    if message.startswith("Transaction"):
        session.change(approvals=[])
        session.write(f"Thank you. {message}")
        session.finish()
    else:
        session.finish("waiting", approvals=[wallet_request(session)])


def idle(session: SimulatedSession, message: str) -> None:
    if session.now.active is None:
        session.claim()


async def test_an_answer_in_one_line(server: FakeServer, client: ForgeClient) -> None:
    assert await client.ask("hello", timeout=PATIENCE_SECONDS) == "You said: hello"
    assert await client.ask("hello", timeout=PATIENCE_SECONDS) == "You said: hello"


async def test_an_answer_is_found_on_a_server_that_does_not_name_the_run(
    server: FakeServer, client: ForgeClient
) -> None:
    server.api.names_runs = False
    assert await client.ask("first", timeout=PATIENCE_SECONDS) == "You said: first"
    assert await client.ask("second", timeout=PATIENCE_SECONDS) == "You said: second"


async def test_a_lost_answer_does_not_double_the_message(server: FakeServer, client: ForgeClient) -> None:
    server.api.lost = 2
    assert await client.ask("hello", timeout=PATIENCE_SECONDS) == "You said: hello"
    asked = server.api.asked("/api/chat")
    assert len(asked) == 3
    assert len({each.headers["idempotency-key"] for each in asked}) == 1
    assert [message.content for message in client.conversation.messages] == ["hello", "You said: hello"]


async def test_each_message_has_a_key_of_its_own(server: FakeServer, client: ForgeClient) -> None:
    await client.send("same")
    await client.send("same")
    assert len({each.headers["idempotency-key"] for each in server.api.requests}) == 2


async def test_a_session_of_its_own_is_made(server: FakeServer) -> None:
    async with ForgeClient(server.base_url) as one, ForgeClient(server.base_url) as other:
        assert one.session_id != other.session_id
        assert (await one.state()).session_id == one.session_id


async def test_a_failed_run_says_why(server: FakeServer, client: ForgeClient) -> None:
    def failing(session: SimulatedSession, message: str) -> None:
        session.claim()
        session.finish("failed", "The LLM provider is overloaded.")

    server.api.agent = failing
    with pytest.raises(RunFailed, match=r"The LLM provider is overloaded\."):
        await client.ask("hello", timeout=PATIENCE_SECONDS)


async def test_an_interrupted_run_ends_the_wait(server: FakeServer, client: ForgeClient) -> None:
    server.api.agent = idle
    waiting = asyncio.create_task(client.ask("long work", timeout=PATIENCE_SECONDS))
    await client.until(lambda now: now.hot and now.hot.active_run, timeout=PATIENCE_SECONDS)
    state = await client.interrupt()
    assert not state.is_processing
    with pytest.raises(RunInterrupted, match="Interrupted by user"):
        await waiting


async def test_a_wallet_request_is_approved(server: FakeServer, client: ForgeClient) -> None:
    server.api.agent = pausing
    with pytest.raises(WaitingForWallet) as waiting:
        await client.ask("pay", timeout=PATIENCE_SECONDS)
    [approval] = waiting.value.approvals
    assert approval.description == "Pay 10 wei"
    accepted = await client.approve(approval.approval_id, HASH)
    ended = await client.ended(accepted.run_id, timeout=PATIENCE_SECONDS)
    assert ended.answer == f"Thank you. Transaction sent: {HASH}"
    [asked] = server.api.asked("/api/system")
    assert asked.body["approval"] == {
        "approval_id": "a" * 32,
        "outcome": "sent",
        "transaction_hash": HASH,
    }


async def test_a_wallet_request_is_rejected_with_a_reason(server: FakeServer, client: ForgeClient) -> None:
    server.api.agent = pausing
    with pytest.raises(WaitingForWallet):
        await client.ask("pay", timeout=PATIENCE_SECONDS)
    await client.reject("a" * 32, "too dear")
    [asked] = server.api.asked("/api/system")
    assert asked.body["message"] == "Transaction rejected by user: too dear"
    assert asked.body["approval"]["outcome"] == "rejected"


async def test_a_session_deleted_meanwhile_ends_the_wait(server: FakeServer, client: ForgeClient) -> None:
    server.api.agent = idle
    waiting = asyncio.create_task(client.ask("hello", timeout=PATIENCE_SECONDS))
    await client.until(lambda now: now.hot and now.hot.active_run, timeout=PATIENCE_SECONDS)
    await client.connect()
    await client.delete()
    with pytest.raises(SessionExpired):
        await waiting
    await client.delete()


async def test_a_session_begun_anew_while_nobody_listened_ends_the_wait(
    server: FakeServer, client: ForgeClient
) -> None:
    server.api.agent = idle
    waiting = asyncio.create_task(client.ask("hello", timeout=PATIENCE_SECONDS))
    await client.until(lambda now: now.hot and now.hot.active_run, timeout=PATIENCE_SECONDS)
    session = server.session(client.session_id)
    server.broken.drops = lambda frame: "session_expired" in frame
    session.expire()
    session.accept("something else")
    session.claim()
    with pytest.raises(SessionExpired):
        await waiting


async def test_events_tell_the_connection_and_the_text(server: FakeServer, client: ForgeClient) -> None:
    contents: list[str] = []
    await client.send("hello")
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for event in client.events():
            if isinstance(event, Updated):
                contents = [message.content for message in event.conversation.messages]
            if len(contents) == 2:
                break
    assert contents == ["hello", "You said: hello"]


async def long_conversation(server: FakeServer, client: ForgeClient) -> SimulatedSession:
    """Nine messages, of which the client has the newest two."""
    session = server.session("mine")
    session.change()
    session.most = 2
    session.add(*(session.draft("system", f"line {number}", "notice") for number in range(9)))
    await client.connect(timeout=PATIENCE_SECONDS)
    return session


async def test_older_messages_are_added_until_the_first(server: FakeServer, client: ForgeClient) -> None:
    session = await long_conversation(server, client)
    assert client.conversation.first == 7
    session.most = 4
    assert await client.load_older()
    assert await client.load_older(limit=3)
    assert [message.content for message in client.conversation.messages] == [f"line {n}" for n in range(9)]
    assert not await client.load_older()
    assert len(server.api.asked("/api/state")) == 2


async def test_an_older_page_that_would_leave_a_gap_is_not_added(
    server: FakeServer, client: ForgeClient
) -> None:
    session = await long_conversation(server, client)
    server.api.held["/api/state"] = asyncio.Event()
    loading = asyncio.create_task(client.load_older())
    await eventually(lambda: server.api.asked("/api/state"))
    session.add(*(session.draft("system", f"line {number}", "notice") for number in range(9, 20)))
    await client.until(lambda now: now.first == 18, timeout=PATIENCE_SECONDS)
    server.api.held["/api/state"].set()
    assert not await loading
    assert client.conversation.first == 18
    assert [message.content for message in client.conversation.messages] == ["line 18", "line 19"]


async def test_the_network_is_switched_and_shown(server: FakeServer, client: ForgeClient) -> None:
    await client.send("hello")
    assert [network["name"] for network in await client.networks()] == ["testnet", "mainnet", "base"]
    await client.set_network("base")
    await client.until(lambda now: now.hot and now.hot.network == "base", timeout=PATIENCE_SECONDS)
    with pytest.raises(CommandFailed, match="Unknown network"):
        await client.set_network("atlantis")


async def test_sessions_are_listed_renamed_and_deleted(server: FakeServer, client: ForgeClient) -> None:
    await client.send("hello")
    await client.rename("Greetings")
    assert [entry.title for entry in await client.sessions(["mine", "none"])] == ["Greetings"]
    await client.delete()
    assert await client.sessions(["mine"]) == []
    assert await client.sessions([]) == []


async def test_waiting_has_a_limit(server: FakeServer, client: ForgeClient) -> None:
    server.api.agent = idle
    with pytest.raises(TimeoutError):
        await client.ask("never answered", timeout=0.1)


async def test_a_token_may_be_made_afresh_for_each_request(server: FakeServer) -> None:
    made = iter(["one", "two"])
    async with ForgeClient(server.base_url, "mine", token=lambda: next(made)) as client:
        await client.state()
        await client.state()
    sent = [asked.headers["authorization"] for asked in server.api.requests]
    assert sent == ["Bearer one", "Bearer two"]


async def test_what_breaks_the_live_connection_for_good_is_raised_to_whoever_waits(
    server: FakeServer,
) -> None:
    def broken_token() -> str:
        raise KeyError("no token today")

    async with ForgeClient(server.base_url, "mine", token=broken_token) as client:
        with pytest.raises(KeyError):
            await client.connect(timeout=PATIENCE_SECONDS)

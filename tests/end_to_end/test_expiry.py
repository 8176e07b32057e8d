"""Sessions that expire three seconds after their last activity: what ends them, what keeps them, what remains."""

from __future__ import annotations

import asyncio

from local_dev.stack_process import RunningStack
from tests.end_to_end.conftest import BRIEF_SESSION_SECONDS
from tests.end_to_end.conversing import (
    Socket,
    Web,
    contents,
    new_id,
    say,
    socket,
    table_items,
    tokens,
    tokens_text,
)
from tests.end_to_end.marks import END_TO_END

pytestmark = END_TO_END


async def expired(follower: Socket) -> None:
    await follower.until(lambda frame: frame["type"] == "session_expired")


async def test_an_expired_session_tells_its_connections_and_shows_nothing_any_more(
    brief_stack: RunningStack, brief_web: Web
) -> None:
    session_id = new_id()
    async with socket(brief_stack.ws_url, session_id) as follower:
        await brief_web.answered(say("an old secret"), session_id)
        await expired(follower)
        assert await follower.until_closed() is not None
    assert (await brief_web.state(session_id))["messages"] == []
    assert "an old secret" not in str(await asyncio.to_thread(table_items, brief_stack))


async def test_a_message_to_an_expired_session_starts_anew(brief_stack: RunningStack, brief_web: Web) -> None:
    session_id = new_id()
    async with socket(brief_stack.ws_url, session_id) as follower:
        first = await brief_web.answered(say("an old secret"), session_id)
        await expired(follower)
    second = await brief_web.answered(say("new"), session_id)
    assert contents(second, "agent") == ["new"]
    assert "an old secret" not in str(second)
    assert second["rev"] > 0
    assert first["session_id"] == second["session_id"]


async def test_an_open_stream_keeps_its_session_alive(brief_stack: RunningStack, brief_web: Web) -> None:
    streamed, left = new_id(), new_id()
    await asyncio.gather(*(brief_web.answered(say("kept"), each) for each in (streamed, left)))
    async with brief_web.stream(streamed):
        # Two lives of a session, one after the other, pass while the stream is open.
        for session_id in (left, new_id()):
            async with socket(brief_stack.ws_url, session_id) as follower:
                await brief_web.answered(say("clock"), session_id)
                await expired(follower)
    assert contents(await brief_web.state(streamed), "agent") == ["kept"]
    assert (await brief_web.state(left))["messages"] == []


async def test_pings_keep_a_session_alive(brief_stack: RunningStack, brief_web: Web) -> None:
    session_id, other = new_id(), new_id()
    async with (
        socket(brief_stack.ws_url, session_id) as pinging,
        socket(brief_stack.ws_url, other) as silent,
    ):
        await asyncio.gather(*(brief_web.answered(say("kept"), each) for each in (session_id, other)))
        waiting = asyncio.create_task(expired(silent))
        while not waiting.done():
            await pinging.send({"type": "ping"})
            await pinging.until(lambda frame: frame["type"] == "pong")
            await asyncio.wait({waiting}, timeout=BRIEF_SESSION_SECONDS / 10)
        await waiting
        assert contents(await brief_web.state(session_id), "agent") == ["kept"]


async def test_an_answer_longer_than_a_sessions_life_is_not_cut(
    brief_stack: RunningStack, brief_web: Web
) -> None:
    session_id, count = new_id(), int(BRIEF_SESSION_SECONDS * 2 * 20)
    async with socket(brief_stack.ws_url, session_id) as follower:
        await brief_web.chat(tokens(count, per_second=20), session_id)
        ended = await follower.until(
            lambda frame: frame["type"] == "state" and frame["messages"] and not frame["is_processing"]
        )
    assert ended["messages"][-1]["content"] == tokens_text(count)

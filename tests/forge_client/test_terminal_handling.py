"""The full-screen chat around the messages: conversations, network, scrolling, keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from forge_client.terminal.bubbles import NoticeLine, UserBubble
from forge_client.terminal.composer import Composer
from forge_client.terminal.dialogs import ChoiceDialog, TextDialog
from forge_client.terminal.earlier import Earlier
from forge_client.terminal.remembered import RememberedSession, RememberedSessions
from forge_client.terminal.sidebar import SessionList
from forge_client.terminal.status import Going, StatusLine
from forge_client.terminal.transcript import PAGE, Transcript, Welcome
from tests.fake_server.http_routes import problem
from tests.fake_server.server import FakeServer
from tests.fake_server.session import SimulatedSession
from tests.forge_client.pilot import answers, chatting, running, texts, told, type_in, until
from tests.forge_client.test_client import wallet_request


@pytest.mark.slow
async def test_the_network_is_switched(server: FakeServer, remembered: RememberedSessions) -> None:
    running(server).finish()
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: "testnet" in texts(pilot, StatusLine)[0])
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceDialog))
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: "base" in "".join(texts(pilot, StatusLine)))


@pytest.mark.slow
async def test_conversations_are_remembered_chosen_renamed_and_deleted(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server)
    session.change(title="First")
    session.finish()
    remembered.remember(RememberedSession(url=server.base_url, session_id="mine", title="Old title"))
    async with chatting(server.base_url, remembered, session_id=None) as pilot:
        await until(pilot, lambda: [each.title for each in remembered.of(server.base_url)] == ["First"])
        await pilot.press("ctrl+n")
        await type_in(pilot, "in a new one")
        await until(pilot, lambda: answers(pilot) == ["You said: in a new one"])
        [other] = set(server.sessions) - {"mine"}
        server.session(other).change(title="Second")
        await until(pilot, lambda: pilot.app.screen.query_one(SessionList).option_count == 2)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
        pilot.app.screen.query_one(Input).value = "Renamed"
        await pilot.press("enter")
        await until(pilot, lambda: remembered.of(server.base_url)[0].title == "Renamed")
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceDialog))
        await pilot.press("down", "enter")
        await until(pilot, lambda: [each.title for each in remembered.of(server.base_url)] == ["First"])
        await until(pilot, lambda: texts(pilot, UserBubble) == ["go"])
        assert server.session(other).hot is None


@pytest.mark.slow
async def test_an_absent_server_is_explained_and_the_message_kept(
    remembered: RememberedSessions, unused_port: int
) -> None:
    async with chatting(f"http://127.0.0.1:{unused_port}", remembered) as pilot:
        await type_in(pilot, "hello?")
        await until(pilot, lambda: "Is `make run` running?" in "".join(texts(pilot, Going)))
        await until(pilot, lambda: pilot.app.screen.query_one(Composer).text == "hello?")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "Set FORGE_TOKEN to one that is valid. Trying again …"), (503, "503). Trying again …")],
)
async def test_a_server_that_refuses_is_not_taken_for_none(
    server: FakeServer, remembered: RememberedSessions, status: int, advice: str
) -> None:
    server.broken.socket_status = status
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: "No connection to" in "".join(texts(pilot, Going)))
        assert advice in "".join(texts(pilot, Going))


@pytest.mark.slow
async def test_only_the_end_of_a_long_conversation_is_shown_until_more_is_wanted(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server)
    session.end_message(*(session.draft("system", f"line {number}", "notice") for number in range(2_000)))
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: len(pilot.app.screen.query(NoticeLine)) == PAGE)
        await until(pilot, lambda: texts(pilot, NoticeLine)[-1] == "line 1999")
        await until(pilot, lambda: "1901 earlier" in texts(pilot, Earlier)[0])
        await pilot.press("ctrl+up")
        await until(pilot, lambda: len(pilot.app.screen.query(NoticeLine)) == 2 * PAGE)
        await until(pilot, lambda: texts(pilot, NoticeLine)[0] == "line 1800")
        assert "1801 earlier" in texts(pilot, Earlier)[0]
        assert server.api.asked("/api/state") == []


@asynccontextmanager
async def partly_loaded(
    server: FakeServer, remembered: RememberedSessions
) -> AsyncGenerator[tuple[Pilot[None], SimulatedSession]]:
    """A conversation of 201 messages, of which the client has the newest 120 and shows 100."""
    session = running(server)
    session.most = PAGE + 20
    session.end_message(*(session.draft("system", f"line {number}", "notice") for number in range(2 * PAGE)))
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: "101 earlier" in texts(pilot, Earlier)[0])
        yield pilot, session


@pytest.mark.slow
async def test_messages_that_only_the_server_has_are_loaded_page_by_page(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with partly_loaded(server, remembered) as (pilot, _):
        held = server.api.held["/api/state"] = asyncio.Event()
        await pilot.press("ctrl+up")
        await until(pilot, lambda: texts(pilot, Earlier) == ["▲ 81 earlier: loading …"])
        assert texts(pilot, NoticeLine)[0] == "line 80"
        await pilot.press("ctrl+up")
        held.set()
        await until(pilot, lambda: texts(pilot, NoticeLine)[0] == "line 0")
        assert texts(pilot, Earlier) == ["▲ 1 earlier: click here or press Ctrl+Up"]
        assert len(server.api.asked("/api/state")) == 1
        await pilot.press("ctrl+up")
        await until(pilot, lambda: texts(pilot, UserBubble) == ["go"])
        assert not pilot.app.screen.query_one(Earlier).display


@pytest.mark.slow
async def test_the_entry_in_view_stays_there_while_earlier_ones_are_loaded(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with partly_loaded(server, remembered) as (pilot, _):
        transcript = pilot.app.screen.query_one(Transcript)
        await until(pilot, lambda: transcript.is_vertical_scroll_end)
        transcript.focus()
        await pilot.press("home")
        await until(pilot, lambda: transcript.scroll_y == 0)
        await pilot.pause()  # the line is read from what has been laid out
        first = pilot.app.screen.query(NoticeLine).first()
        line = first.region.y
        await pilot.press("ctrl+up")
        await until(pilot, lambda: texts(pilot, NoticeLine)[0] == "line 0")
        await until(pilot, lambda: transcript.scroll_y > 0)
        await until(pilot, lambda: first.region.y == line)


@pytest.mark.slow
async def test_loading_that_fails_is_told_and_can_be_tried_again(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with partly_loaded(server, remembered) as (pilot, _):
        server.api.canned["/api/state"] = [problem(403, "Forbidden", "Not today.")]
        await pilot.press("ctrl+up")
        await until(pilot, lambda: "Not today." in told(pilot))
        assert texts(pilot, Earlier) == ["▲ 81 earlier: click here or press Ctrl+Up"]
        await pilot.press("ctrl+up")
        await until(pilot, lambda: texts(pilot, NoticeLine)[0] == "line 0")


@pytest.mark.slow
async def test_a_page_of_a_conversation_that_was_begun_anew_meanwhile_is_not_mixed_in(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with partly_loaded(server, remembered) as (pilot, session):
        held = server.api.held["/api/state"] = asyncio.Event()
        await pilot.press("ctrl+up")
        await until(pilot, lambda: "loading" in texts(pilot, Earlier)[0])
        session.expire()
        session.accept("another")
        session.claim()
        await until(pilot, lambda: texts(pilot, UserBubble) == ["another"])
        held.set()
        await until(pilot, lambda: not pilot.app.screen.query_one(Earlier).is_loading)
        assert not pilot.app.screen.query(NoticeLine)
        assert not pilot.app.screen.query_one(Earlier).display


@pytest.mark.slow
async def test_another_conversation_can_be_chosen_while_a_page_is_loaded(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with partly_loaded(server, remembered) as (pilot, _):
        server.api.held["/api/state"] = asyncio.Event()
        await pilot.press("ctrl+up")
        await until(pilot, lambda: "loading" in texts(pilot, Earlier)[0])
        await pilot.press("ctrl+n")
        await until(pilot, lambda: pilot.app.screen.query(Welcome))
        assert not pilot.app.screen.query_one(Earlier).is_loading
        assert told(pilot) == []


@pytest.mark.slow
async def test_earlier_messages_of_an_ended_session_are_said_to_be_gone(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with partly_loaded(server, remembered) as (pilot, session):
        session.expire()
        await pilot.press("ctrl+up")
        await until(pilot, lambda: any("earlier messages with it" in each for each in told(pilot)))
        assert texts(pilot, NoticeLine)[0] == "line 80"


@asynccontextmanager
async def scrolled(
    server: FakeServer, remembered: RememberedSessions, height: int
) -> AsyncGenerator[tuple[Pilot[None], SimulatedSession, Transcript]]:
    """A conversation longer than the screen, whose end is in view."""
    session = running(server)
    session.end_message(*(session.draft("system", f"line {number}", "notice") for number in range(40)))
    async with chatting(server.base_url, remembered, size=(80, height)) as pilot:
        transcript = pilot.app.screen.query_one(Transcript)
        await until(pilot, lambda: transcript.max_scroll_y > 0 and transcript.is_vertical_scroll_end)
        yield pilot, session, transcript


@pytest.mark.slow
async def test_the_end_stays_in_view_until_the_person_scrolls_back(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with scrolled(server, remembered, height=24) as (pilot, session, transcript):
        height = transcript.max_scroll_y
        session.end_message(session.draft("system", "one more", "notice"))
        await until(pilot, lambda: texts(pilot, NoticeLine)[-1] == "one more")
        await until(pilot, lambda: transcript.max_scroll_y > height and transcript.is_vertical_scroll_end)
        await pilot.pause()  # what is still to be laid out goes to the end once more
        await pilot.press("pageup")
        await until(pilot, lambda: not transcript.is_vertical_scroll_end)
        where = transcript.scroll_target_y
        session.end_message(session.draft("system", "and another", "notice"))
        await until(pilot, lambda: texts(pilot, NoticeLine)[-1] == "and another")
        assert transcript.scroll_target_y == where


@pytest.mark.slow
async def test_scrolling_back_while_something_new_is_laid_out_is_not_undone(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with scrolled(server, remembered, height=24) as (pilot, _, transcript):
        await pilot.pause()
        transcript.on_resize()  # as when a new message has been laid out
        transcript.scroll_to(y=transcript.max_scroll_y - 5, animate=False)
        transcript.on_scroll_to()
        await pilot.pause()
        await pilot.pause()
        assert not transcript.is_vertical_scroll_end


@pytest.mark.slow
async def test_the_end_stays_in_view_when_a_wallet_request_takes_room_away(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with scrolled(server, remembered, height=30) as (pilot, session, transcript):
        height = transcript.size.height
        session.finish("waiting", approvals=[wallet_request(session)])
        await until(pilot, lambda: transcript.size.height < height - 5)
        await until(pilot, lambda: transcript.is_vertical_scroll_end)


@pytest.mark.slow
async def test_a_line_is_added_and_the_last_message_comes_back(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with chatting(server.base_url, remembered) as pilot:
        await pilot.press("a", "ctrl+j", "b", "enter")
        await until(pilot, lambda: texts(pilot, UserBubble) == ["a\nb"])
        await pilot.press("up")
        await until(pilot, lambda: pilot.app.screen.query_one(Composer).text == "a\nb")


@pytest.mark.slow
async def test_a_narrow_terminal_hides_the_list_until_it_is_asked_for(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with chatting(server.base_url, remembered, size=(60, 30)) as pilot:
        listed = pilot.app.screen.query_one(SessionList)
        await until(pilot, lambda: not listed.display)
        await pilot.press("ctrl+b")
        await until(pilot, lambda: listed.display)


@pytest.mark.slow
async def test_what_is_on_its_way_reaches_the_server_although_another_conversation_is_opened(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    running(server).finish()
    async with chatting(server.base_url, remembered) as pilot:
        server.api.held["/api/chat"] = asyncio.Event()
        await type_in(pilot, "on its way")
        await until(pilot, lambda: server.api.asked("/api/chat"))
        server.api.held["/api/sessions/mine"] = asyncio.Event()
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
        await pilot.press("a", "enter")
        await until(pilot, lambda: server.api.asked("/api/sessions/mine"))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: pilot.app.screen.query(Welcome))
        server.api.held.pop("/api/chat").set()
        server.api.canned["/api/chat"].append(problem(409, "Conflict", "The session is busy."))
        server.api.held["/api/chat"] = asyncio.Event()
        await type_in(pilot, "refused")
        await until(pilot, lambda: len(server.api.asked("/api/chat")) == 2)
        composer = pilot.app.screen.query_one(Composer)
        composer.text = "the next one"
        server.api.held["/api/chat"].set()
        await until(pilot, lambda: composer.text == "refused\n\nthe next one")
        server.api.held.pop("/api/sessions/mine").set()
        workers = pilot.app.screen.workers
        await until(pilot, lambda: not {each.group for each in workers if not each.is_finished} - {"listen"})
        assert told(pilot) == ["The session is busy."]
        server.api.canned["/api/chat"].append(problem(409, "Conflict", "The session is busy."))
        server.api.held["/api/chat"] = asyncio.Event()
        await type_in(pilot, "meant for here")
        await until(pilot, lambda: len(server.api.asked("/api/chat")) == 3)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: pilot.app.screen.query(Welcome))
        composer.text = "for another"
        server.api.held["/api/chat"].set()
        await until(pilot, lambda: len(told(pilot)) == 3)
        assert told(pilot)[-1] == "Not sent in the conversation that you left: meant for here"
        assert composer.text == "for another"
    assert [each.content for each in server.session("mine").state().messages if each.sender == "user"][
        -1
    ] == "on its way"

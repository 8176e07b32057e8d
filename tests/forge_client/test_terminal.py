"""The full-screen chat, driven by textual's pilot against the fake server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from forge.models.message import ToolDisplay
from forge_client import Pace
from forge_client.terminal.app import ChatApp
from forge_client.terminal.approvals import ApprovalCard
from forge_client.terminal.bubbles import AgentBubble, NoticeLine, QueuedBubble, ToolCard, UserBubble
from forge_client.terminal.composer import Composer
from forge_client.terminal.dialogs import ChoiceDialog, TextDialog
from forge_client.terminal.remembered import RememberedSession, RememberedSessions
from forge_client.terminal.sidebar import SessionList
from forge_client.terminal.status import Going, StatusLine
from forge_client.terminal.transcript import PAGE, Earlier, Transcript, Welcome
from tests.forge_client.conftest import QUICK
from tests.forge_client.fake_server import FakeServer
from tests.forge_client.simulated_session import SimulatedSession
from tests.forge_client.test_client import HASH, idle, pausing

Chatting = Pilot[None]


@pytest.fixture
def remembered(tmp_path: Path) -> RememberedSessions:
    return RememberedSessions(tmp_path / "sessions.json")


@asynccontextmanager
async def chatting(
    url: str,
    remembered: RememberedSessions,
    session_id: str | None = "mine",
    size: tuple[int, int] = (110, 40),
    pace: Pace = QUICK,
) -> AsyncGenerator[Chatting]:
    app = ChatApp(url, session_id, remembered=remembered, pace=pace)
    async with app.run_test(size=size) as pilot:
        yield pilot


async def until(pilot: Chatting, condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await pilot.pause(0.01)


def texts(pilot: Chatting, kind: type[Static]) -> list[str]:
    return [str(widget.render()) for widget in pilot.app.screen.query(kind)]


def answers(pilot: Chatting) -> list[str]:
    return [bubble.source for bubble in pilot.app.screen.query(AgentBubble)]


async def type_in(pilot: Chatting, text: str) -> None:
    pilot.app.screen.query_one(Composer).text = text
    await pilot.press("enter")


async def test_a_question_is_answered_on_the_screen(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: pilot.app.screen.query(Welcome))
        await type_in(pilot, "hello *you*")
        await until(pilot, lambda: answers(pilot) == ["You said: hello *you*"])
        assert texts(pilot, UserBubble) == ["hello *you*"]
        assert "connected" in texts(pilot, StatusLine)[0]
        assert not pilot.app.screen.query(Welcome)
        assert pilot.app.screen.query_one(Composer).text == ""


async def test_text_streams_into_one_bubble(server: FakeServer, remembered: RememberedSessions) -> None:
    session = running(server)
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: texts(pilot, UserBubble) == ["go"])
        for piece in ["# Title\n\n", "some **bold", "** text\n\n- item"]:
            session.write(piece)
            await until(pilot, lambda: answers(pilot) == [session.text])
        assert pilot.app.screen.query_one(AgentBubble).has_class("-streaming")
        assert "Esc stops" in texts(pilot, Going)[0]
        session.finish()
        await until(pilot, lambda: not pilot.app.screen.query_one(AgentBubble).has_class("-streaming"))


async def test_a_tool_call_and_its_result_are_one_card_that_opens(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server)
    call = ToolDisplay(call_id="c1", name="send", arguments={"to": "Bob", "value": "1" + "0" * 18})
    session.end_message(session.draft("system", "tool: send", "tool_call", tool=call))
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: pilot.app.screen.query("ToolCard.-running"))
        done = ToolDisplay(call_id="c1", name="send", outcome="success")
        session.end_message(session.draft("system", '{"status":"success"}', "tool_result", tool=done))
        await until(pilot, lambda: not pilot.app.screen.query("ToolCard.-running"))
        card = pilot.app.screen.query_one(ToolCard)
        assert str(card.query_one(".tool-head", Static).render()) == "✓ send(to: Bob, value: 1 ETH)"
        assert not card.query_one(".tool-body").display
        card.focus()
        await pilot.press("enter")
        await until(pilot, lambda: card.query_one(".tool-body").display)
        assert str(card.query_one(".tool-result", Static).render()) == '{\n  "status": "success"\n}'


async def test_escape_stops_the_run(server: FakeServer, remembered: RememberedSessions) -> None:
    server.api.agent = idle
    async with chatting(server.base_url, remembered) as pilot:
        await type_in(pilot, "long work")
        await until(pilot, lambda: "Esc stops" in "".join(texts(pilot, Going)))
        await pilot.press("escape")
        await until(pilot, lambda: texts(pilot, NoticeLine) == ["Interrupted by user"])


async def test_a_queued_message_is_shown_and_withdrawn_by_a_click(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server)
    run_id = session.accept("later")
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: pilot.app.screen.query(QueuedBubble))
        assert "later" in texts(pilot, QueuedBubble)[0]
        await pilot.click(QueuedBubble)
        await until(pilot, lambda: server.api.asked("/api/interrupt"))
        assert server.api.asked("/api/interrupt")[0].body["run_id"] == run_id


async def test_an_approval_is_shown_in_words_and_needs_a_hash(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    server.api.agent = pausing
    async with chatting(server.base_url, remembered) as pilot:
        await type_in(pilot, "pay")
        await until(pilot, lambda: pilot.app.screen.query(ApprovalCard))
        card = pilot.app.screen.query_one(ApprovalCard)
        words = str(card.query(Static).first().render())
        assert "Pay 10 wei" in words
        assert "Network: base (chain 8453)" in words
        assert "To: 0x" + "11" * 20 in words
        assert card.query_one(".approve", Button).disabled
        card.query_one(".hash", Input).value = HASH
        await until(pilot, lambda: not card.query_one(".approve", Button).disabled)
        await pilot.click(".approve")
        await until(pilot, lambda: answers(pilot) == [f"Thank you. Transaction sent: {HASH}"])
        assert not pilot.app.screen.query(ApprovalCard)


async def test_an_approval_is_rejected(server: FakeServer, remembered: RememberedSessions) -> None:
    server.api.agent = pausing
    async with chatting(server.base_url, remembered) as pilot:
        await type_in(pilot, "pay")
        await until(pilot, lambda: pilot.app.screen.query(ApprovalCard))
        await pilot.click(".reject")
        await until(pilot, lambda: answers(pilot) == ["Thank you. Transaction rejected by user"])


async def test_the_network_is_switched(server: FakeServer, remembered: RememberedSessions) -> None:
    running(server).finish()
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: "testnet" in texts(pilot, StatusLine)[0])
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceDialog))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "base" in "".join(texts(pilot, StatusLine)))


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


async def test_an_absent_server_is_explained_and_the_message_kept(
    remembered: RememberedSessions, unused_port: int
) -> None:
    async with chatting(f"http://127.0.0.1:{unused_port}", remembered) as pilot:
        await type_in(pilot, "hello?")
        await until(pilot, lambda: "Is `make run` running?" in "".join(texts(pilot, Going)))
        await until(pilot, lambda: pilot.app.screen.query_one(Composer).text == "hello?")


async def test_hostile_text_is_shown_as_text(server: FakeServer, remembered: RememberedSessions) -> None:
    session = running(server, "[red]\x1b[31mred[/red] \u202eevil")
    session.write("\x1b]0;title\x07 [link](javascript:alert(1)) <script>")
    session.finish("failed", "[bold]\x9b31m")
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: texts(pilot, NoticeLine) == ["[bold]�31m"])
        assert texts(pilot, UserBubble) == ["[red]␛[31mred[/red] �evil"]
        assert "\x1b" not in answers(pilot)[0]
        assert "\x1b" not in pilot.app.export_screenshot()


async def test_only_the_end_of_a_long_conversation_is_shown_until_more_is_wanted(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server)
    session.end_message(*(session.draft("system", f"line {number}", "notice") for number in range(2_000)))
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: pilot.app.screen.query(Earlier))
        await until(pilot, lambda: len(pilot.app.screen.query(NoticeLine)) == PAGE)
        await until(pilot, lambda: texts(pilot, NoticeLine)[-1] == "line 1999")
        assert "1901 earlier" in texts(pilot, Earlier)[0]
        await pilot.press("ctrl+up")
        await until(pilot, lambda: len(pilot.app.screen.query(NoticeLine)) == 2 * PAGE)
        await until(pilot, lambda: texts(pilot, NoticeLine)[0] == "line 1800")


async def test_the_end_stays_in_view_until_the_person_scrolls_back(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server)
    session.end_message(*(session.draft("system", f"line {number}", "notice") for number in range(40)))
    async with chatting(server.base_url, remembered, size=(80, 24)) as pilot:
        transcript = pilot.app.screen.query_one(Transcript)
        await until(pilot, lambda: transcript.max_scroll_y > 0 and transcript.is_vertical_scroll_end)
        session.end_message(session.draft("system", "one more", "notice"))
        await until(pilot, lambda: texts(pilot, NoticeLine)[-1] == "one more")
        await until(pilot, lambda: transcript.is_vertical_scroll_end)
        await pilot.press("pageup")
        await until(pilot, lambda: not transcript.is_vertical_scroll_end)
        where = transcript.scroll_target_y
        session.end_message(session.draft("system", "and another", "notice"))
        await until(pilot, lambda: texts(pilot, NoticeLine)[-1] == "and another")
        assert transcript.scroll_target_y == where


async def test_a_line_is_added_and_the_last_message_comes_back(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with chatting(server.base_url, remembered) as pilot:
        await pilot.press("a", "ctrl+j", "b", "enter")
        await until(pilot, lambda: texts(pilot, UserBubble) == ["a\nb"])
        await pilot.press("up")
        assert pilot.app.screen.query_one(Composer).text == "a\nb"


async def test_a_narrow_terminal_hides_the_list_until_it_is_asked_for(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with chatting(server.base_url, remembered, size=(60, 30)) as pilot:
        listed = pilot.app.screen.query_one(SessionList)
        await until(pilot, lambda: not listed.display)
        await pilot.press("ctrl+b")
        await until(pilot, lambda: listed.display)


def running(server: FakeServer, content: str = "go") -> SimulatedSession:
    session = server.session("mine")
    session.accept(content)
    session.claim()
    return session

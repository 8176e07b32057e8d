"""The full-screen chat, driven by textual's pilot against the fake server: messages, tools, approvals."""

from __future__ import annotations

import pytest
from textual.widgets import Button, Input, Static

from forge.models.ask import Ask
from forge.models.message import ToolDisplay
from forge_client.frames import Message
from forge_client.terminal.approvals import ApprovalCard
from forge_client.terminal.bubbles import AgentBubble, NoticeLine, QueuedBubble, ToolCard, UserBubble
from forge_client.terminal.composer import Composer
from forge_client.terminal.entries import Entry
from forge_client.terminal.remembered import RememberedSessions
from forge_client.terminal.status import Going, StatusLine
from forge_client.terminal.transcript import Transcript, Welcome
from tests.fake_server.server import FakeServer
from tests.forge_client.pilot import answers, chatting, click, running, texts, type_in, until
from tests.forge_client.test_client import HASH, idle, pausing, wallet_request


@pytest.mark.slow
async def test_a_question_is_answered_on_the_screen(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: pilot.app.screen.query(Welcome))
        await type_in(pilot, "hello *you*")
        await until(pilot, lambda: answers(pilot) == ["You said: hello *you*"])
        await until(pilot, lambda: texts(pilot, UserBubble) == ["hello *you*"])
        await until(pilot, lambda: "connected" in texts(pilot, StatusLine)[0])
        await until(pilot, lambda: not pilot.app.screen.query(Welcome))
        await until(pilot, lambda: pilot.app.screen.query_one(Composer).text == "")


@pytest.mark.slow
async def test_text_streams_into_one_bubble(server: FakeServer, remembered: RememberedSessions) -> None:
    session = running(server)
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: texts(pilot, UserBubble) == ["go"])
        for piece in ["# Title\n\n", "some **bold", "** text\n\n- item"]:
            session.write(piece)
            await until(pilot, lambda: answers(pilot) == [session.text])
        await until(pilot, lambda: pilot.app.screen.query_one(AgentBubble).has_class("-streaming"))
        await until(pilot, lambda: "Esc stops" in texts(pilot, Going)[0])
        session.finish()
        await until(pilot, lambda: not pilot.app.screen.query_one(AgentBubble).has_class("-streaming"))


@pytest.mark.slow
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
        assert (
            str(card.query_one(".tool-head", Static).render()) == "✓ send(to: Bob, value: 1 ETH)  →  success"
        )
        await until(pilot, lambda: not card.query_one(".tool-body").display)
        card.focus()
        await pilot.press("enter")
        await until(pilot, lambda: card.query_one(".tool-body").display)
        await until(
            pilot,
            lambda: str(card.query_one(".tool-result", Static).render()) == '{\n  "status": "success"\n}',
        )


@pytest.mark.slow
async def test_escape_stops_the_run(server: FakeServer, remembered: RememberedSessions) -> None:
    server.api.agent = idle
    async with chatting(server.base_url, remembered) as pilot:
        await type_in(pilot, "long work")
        await until(pilot, lambda: "Esc stops" in "".join(texts(pilot, Going)))
        await pilot.press("escape")
        await until(pilot, lambda: texts(pilot, NoticeLine) == ["Interrupted by user"])


@pytest.mark.slow
async def test_an_answer_that_is_not_whole_looks_it(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server)
    session.write("Half a sen")
    session.finish("completed", "The LLM's answer was cut off before its end.", answer_end="cut_off")
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: bool(pilot.app.screen.query("NoticeLine.-unfinished")))
        await until(
            pilot, lambda: texts(pilot, NoticeLine) == ["The LLM's answer was cut off before its end."]
        )


@pytest.mark.slow
async def test_a_queued_message_is_shown_and_withdrawn_by_a_click(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server)
    run_id = session.accept("later")
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: "later" in "".join(texts(pilot, QueuedBubble)))
        await until(pilot, lambda: "Esc stops" in "".join(texts(pilot, Going)))
        await click(pilot, "QueuedBubble")
        await until(pilot, lambda: server.api.asked("/api/interrupt"))
        assert server.api.asked("/api/interrupt")[0].body["run_id"] == run_id


@pytest.mark.slow
async def test_an_approval_is_shown_in_words_and_needs_a_hash(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    server.api.agent = pausing
    async with chatting(server.base_url, remembered) as pilot:
        await type_in(pilot, "pay")
        await until(pilot, lambda: pilot.app.screen.query(".hash"))
        card = pilot.app.screen.query_one(ApprovalCard)
        words = str(card.query(Static).first().render())
        assert "Pay 10 wei" in words
        assert "Network: base (chain 8453)" in words
        assert "To: 0x" + "11" * 20 in words
        assert card.query_one(".approve", Button).disabled
        card.query_one(".hash", Input).value = HASH
        await until(pilot, lambda: not card.query_one(".approve", Button).disabled)
        await click(pilot, ".approve")
        await until(pilot, lambda: answers(pilot) == [f"Thank you. Transaction sent: {HASH}"])
        await until(pilot, lambda: not pilot.app.screen.query(ApprovalCard))


@pytest.mark.slow
async def test_a_long_request_leaves_its_answers_on_a_small_screen(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server)
    session.change(approvals=[wallet_request(session).model_copy(update={"description": "word " * 200})])
    async with chatting(server.base_url, remembered, size=(60, 22)) as pilot:
        await until(pilot, lambda: pilot.app.screen.query(".answers"))
        card = pilot.app.screen.query_one(ApprovalCard)
        await until(pilot, lambda: 0 < card.region.height < 11)
        assert card.query_one(".answers").region.bottom == card.region.bottom - 1


@pytest.mark.slow
async def test_a_tool_call_can_be_told_before_its_card_is_laid_out(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    """As when the chat is left, or another conversation chosen, while messages are being shown."""
    message = Message(
        seq=0, sender="system", kind="tool_call", content="tool: time", length=10, timestamp="", created_at=""
    )
    async with chatting(server.base_url, remembered) as pilot:
        card = ToolCard(id="early")
        await card.show(Entry("early", message))
        await pilot.app.screen.query_one(Transcript).mount(card)
        assert "tool: time" in str(card.query_one(".tool-head", Static).render())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "told"),
    [("", ""), ("  too dear ", ": too dear"), (HASH, "")],
    ids=["no reason", "reason", "hash"],
)
async def test_an_approval_is_rejected(
    server: FakeServer, remembered: RememberedSessions, typed: str, told: str
) -> None:
    server.api.agent = pausing
    async with chatting(server.base_url, remembered) as pilot:
        await type_in(pilot, "pay")
        await until(pilot, lambda: pilot.app.screen.query(".hash"))
        pilot.app.screen.query_one(".hash", Input).value = typed
        await click(pilot, ".reject")
        await until(pilot, lambda: answers(pilot) == [f"Thank you. Transaction rejected by user{told}"])


@pytest.mark.slow
async def test_a_call_that_waits_for_a_word_is_shown_whole_and_allowed(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server, "pay")
    session.finish("waiting")
    ask = Ask(
        approval_id="b" * 32,
        run_id="r",
        call_id="c",
        tool="send",
        arguments={"to": "Eve\u202e", "value": "1 ether"},
        network="testnet",
        strangers=["brave_search"],
        created_at=0,
        expires_at=1,
    )
    session.change(asks=[ask])
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: pilot.app.screen.query("AskCard .words"))
        words = str(pilot.app.screen.query_one("AskCard .words", Static).render())
        assert "Texts of strangers (from brave_search)" in words
        assert "send on testnet" in words
        assert "to: Eve�" in words
        await click(pilot, ".allow")
        await until(pilot, lambda: server.api.asked("/api/system"))
        assert server.api.asked("/api/system")[0].body["approval"]["outcome"] == "allowed"


@pytest.mark.slow
async def test_hostile_text_is_shown_as_text(server: FakeServer, remembered: RememberedSessions) -> None:
    session = running(server, "[red]\x1b[31mred[/red] \u202eevil")
    session.write("\x1b]0;title\x07 [link](javascript:alert(1)) <script>")
    session.finish("failed", "[bold]\x9b31m")
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: texts(pilot, NoticeLine) == ["[bold]�31m"])
        await until(pilot, lambda: texts(pilot, UserBubble) == ["[red]␛[31mred[/red] �evil"])
        await until(pilot, lambda: "\x1b" not in answers(pilot)[0])
        assert "\x1b" not in pilot.app.export_screenshot()

"""The full-screen chat with the keyboard alone and on a small terminal: help, withdrawing, a wallet request that
fits.
"""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static

from forge.models.approval import Approval
from forge_client.__main__ import parser
from forge_client.terminal.app import ChatApp
from forge_client.terminal.approvals import ApprovalCard
from forge_client.terminal.bubbles import QueuedBubble, ToolCard
from forge_client.terminal.chat import ChatScreen
from forge_client.terminal.composer import Composer
from forge_client.terminal.dialogs import HelpDialog
from forge_client.terminal.keys import KEYS
from forge_client.terminal.remembered import RememberedSessions
from tests.fake_server.server import FakeServer
from tests.forge_client.pilot import Chatting, chatting, running, texts, until
from tests.forge_client.test_client import wallet_request
from tests.properties import paired
from tests.unlisted import tried

DOCUMENT = (Path(__file__).parents[2] / "docs" / "clients.md").read_text()


def keys_of(bindings: list[BindingType]) -> set[str]:
    made = Binding.make_bindings(bindings)
    return set(chain.from_iterable(each.key.split(",") for each in made))


@pytest.mark.parametrize("owner", [ChatApp, ChatScreen, QueuedBubble, ToolCard])
def test_every_key_is_in_the_help(owner: type[ChatApp | ChatScreen | QueuedBubble | ToolCard]) -> None:
    assert keys_of(owner.BINDINGS) <= set(chain.from_iterable(row.keys for row in KEYS))


def test_the_document_has_the_helps_own_words() -> None:
    table = re.findall(
        r"^\| (.+?) \| (.+?) \|$", DOCUMENT.partition("| key |")[2].partition("\n\n")[0], re.MULTILINE
    )
    assert dict(table[1:]) == {row.shown: row.does for row in KEYS}


@pytest.mark.slow
@pytest.mark.parametrize("key", ["f1", "ctrl+underscore"])
@pytest.mark.parametrize("closing", ["escape", "enter", "f1"])
async def test_help_opens_over_a_draft_and_leaves_it(
    server: FakeServer, remembered: RememberedSessions, key: str, closing: str
) -> None:
    async with chatting(server.base_url, remembered, size=(60, 20)) as pilot:
        pilot.app.screen.query_one(Composer).text = "half a"
        await pilot.press(key)
        await until(
            pilot, lambda: isinstance(pilot.app.screen, HelpDialog) and pilot.app.screen.query(Static)
        )
        [shown] = texts(pilot, Static)
        assert all(row.does in shown for row in KEYS)
        await pilot.press(closing)
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
        await until(pilot, lambda: pilot.app.screen.query_one(Composer).text == "half a")


@pytest.mark.slow
async def test_the_footer_names_the_help(server: FakeServer, remembered: RememberedSessions) -> None:
    async with chatting(server.base_url, remembered, size=(60, 20)) as pilot:
        [first, *_] = [
            b
            for b in pilot.app.screen.active_bindings.values()
            if b.binding.show and b.binding.description == "Help"
        ]
        assert first.binding.key_display == "F1"


@pytest.mark.slow
async def test_a_queued_message_is_withdrawn_by_the_keys_that_it_names(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server)
    run_id = session.accept("later")
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: "Shift+Tab, Delete" in "".join(texts(pilot, QueuedBubble)))
        await pilot.press("shift+tab")
        assert isinstance(pilot.app.focused, QueuedBubble)
        await pilot.press("delete")
        await until(pilot, lambda: server.api.asked("/api/interrupt"))
        assert server.api.asked("/api/interrupt")[0].body["run_id"] == run_id


def in_sight(pilot: Chatting, selector: str) -> bool:
    """Whether it is there, and the whole of it where the person can see and click it."""
    found = pilot.app.screen.query(selector)
    if not found:
        return False
    widget = found.first()
    region = widget.region
    ends = [(region.x, region.y), (region.right - 1, region.bottom - 1)]
    return (
        region.height > 0
        and all(
            pilot.app.screen.get_widget_at(x, y)[0] is widget
            for x, y in ends
            if pilot.app.screen.region.contains(x, y)
        )
        and all(pilot.app.screen.region.contains(x, y) for x, y in ends)
    )


SIZES = [(60, 20), (80, 24), (100, 30), (60, 16), (132, 50)]
LONG = "Pay. " * 200


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize(("size", "data"), paired(SIZES, ["0x", "0x" + "ab" * 500], 2))
async def test_a_wallet_request_shows_its_buttons_on_any_terminal(
    server: FakeServer, remembered: RememberedSessions, size: tuple[int, int], data: str
) -> None:
    session = running(server)
    session.finish("waiting", approvals=[longer(wallet_request(session), data, LONG)])
    async with chatting(server.base_url, remembered, size=size) as pilot:
        await until(pilot, lambda: pilot.app.screen.query(ApprovalCard))
        await until(pilot, lambda: all(in_sight(pilot, each) for each in (".hash", ".approve", ".reject")))
        facts = pilot.app.screen.query_one(".facts")
        facts.focus()
        await pilot.press("end")
        await until(pilot, lambda: facts.scroll_y == facts.max_scroll_y)
        assert in_sight(pilot, ".reject")
        await until(pilot, lambda: pilot.app.screen.query_one(".reject", Button).region.height == 1)


def longer(request: Approval, data: str, description: str) -> Approval:
    transaction = request.transaction.model_copy(update={"data": data})
    return request.model_copy(update={"transaction": transaction, "description": description})


@pytest.mark.parametrize("text", ["", "a b", "ü", "a/b", "a" * 129, "a\n"])
def test_a_session_that_cannot_be_one_is_refused_in_words(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--session", text, "hello"])
    said = capsys.readouterr().err
    assert "is no session id: use 1 to 128 letters" in said
    assert "^[" not in said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1))
def test_what_is_taken_as_a_session_is_what_the_server_takes(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from forge.models import patterns

    tried("session ids at the terminal", text)
    is_one = re.fullmatch(patterns.SESSION_ID.replace("$", r"\Z"), text) is not None
    try:
        assert parser().parse_args([f"--session={text}", "hello"]).session == text
        assert is_one
    except SystemExit:
        assert not is_one
    capsys.readouterr()

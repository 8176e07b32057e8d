"""Conversations that the server has ended stay readable: the open one, others in the list, after a reload."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Route, expect

from tests.fake_server.session import SimulatedSession, now
from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Say, Tool, Wait
from tests.frontend.test_conversation_page import write
from tests.patience import PATIENCE_MS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

BUBBLES = "[data-sender=user] .bubble"
ANSWERS = "[data-sender=agent]:not([data-streaming]) .markdown"
BAR = "#ended"
KEPT = """(count) => new Promise((found) => {
  const look = () => {
    const request = indexedDB.open('forge');
    request.onsuccess = () => {
      const copies = request.result.transaction('conversations').objectStore('conversations').getAll();
      copies.onsuccess = () => {
        request.result.close();
        const messages = copies.result.map((copy) => copy.messages.length);
        if (messages.includes(count)) found(messages);
        else setTimeout(look, 50);
      };
    };
  };
  look();
})"""
"""Waits until a copy with so many messages has been stored."""
NO_DATABASE = "Object.defineProperty(window, 'indexedDB', { get() { throw new Error('not allowed'); } });"


def open_session(server: PageServer, text: str) -> SimulatedSession:
    return next(each for each in server.sessions.values() if each.hot and each.hot.title == text)


def keep(session: SimulatedSession, minutes: int, *, since: int = 0) -> None:
    """It ends in so many minutes; its last activity was `since` minutes ago."""
    session.change(last_activity_at=now() - since * 60_000, expires_at=now() // 1000 + minutes * 60)


async def talk(page: Page, text: str) -> None:
    await write(page, text)
    await expect(page.locator(ANSWERS).last).to_have_text(f"You said: {text}")


@pytest.mark.parametrize("prepare", [None, NO_DATABASE], ids=["kept", "no database"])
async def test_the_open_conversation_stays_on_screen_when_it_ends(
    open_page: OpenPage, server: PageServer, prepare: str | None
) -> None:
    page = await open_page(prepare=prepare)
    await talk(page, "first talk")
    open_session(server, "first talk").expire()
    await expect(page.locator(BAR)).to_contain_text("This conversation ended at")
    await expect(page.locator(BAR)).to_contain_text("the agent remembers nothing of it")
    await expect(page.locator(BUBBLES)).to_have_text(["first talk"])
    await expect(page.locator(ANSWERS)).to_have_text(["You said: first talk"])
    await expect(page.get_by_role("heading", level=1)).to_have_text("first talk")
    await expect(page.locator(".session-time")).to_have_text("ended")


async def test_the_copy_is_read_again_after_a_reload(open_page: OpenPage, server: PageServer) -> None:
    server.replies["look"] = [Tool("balance", {"who": "Bob"}, '{"wei": "1"}'), Say("**Bob** has 1 wei.")]
    page = await open_page()
    await write(page, "look")
    await expect(page.locator(ANSWERS)).to_have_text(["Bob has 1 wei."])
    await page.evaluate(KEPT, 4)
    open_session(server, "look").expire()
    await page.reload()
    await expect(page.locator(BAR)).to_be_visible()
    await expect(page.locator(ANSWERS)).to_have_text(["Bob has 1 wei."])
    await expect(page.locator(".tool")).to_have_attribute("data-state", "success")
    await page.get_by_role("button", name="Delete look").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.locator("#empty-state")).to_be_visible()
    await page.reload()
    await expect(page.locator(".session-title")).to_have_count(0)


async def test_a_conversation_that_ends_while_it_is_not_open_can_be_read(
    open_page: OpenPage, server: PageServer
) -> None:
    """Also what was said there after it was left."""
    server.replies["long work"] = [Wait(), Say("The work is done.")]
    page = await open_page()
    await write(page, "long work")
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    session = open_session(server, "long work")
    await page.get_by_role("button", name="New conversation").click()
    await talk(page, "second talk")
    left = page.locator(".session", has_text="long work")
    await expect(left.locator(".session-time")).to_have_text("working")
    server.go_on()
    await expect(left.locator(".session-time")).to_have_text("new", timeout=PATIENCE_MS)
    await page.evaluate(KEPT, 2)
    session.expire()
    await page.reload()
    await expect(left.locator(".session-time")).to_have_text("ended")
    await left.locator(".session-open").click()
    await expect(page.locator(ANSWERS)).to_have_text(["The work is done."])
    await expect(page.locator(BAR)).to_be_visible()
    await page.locator(".session", has_text="second talk").locator(".session-open").click()
    await expect(page.locator(BAR)).to_be_hidden()
    await expect(page.locator(ANSWERS)).to_have_text(["You said: second talk"])


async def test_writing_goes_on_in_a_new_conversation_on_the_same_network(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page()
    await talk(page, "first talk")
    await page.locator("#network").click()
    await page.get_by_role("menuitemradio", name="Base").click()
    await expect(page.locator("#network-name")).to_have_text("Base")
    open_session(server, "first talk").expire()
    await expect(page.locator(BAR)).to_be_visible()
    await expect(page.locator("#network-name")).to_have_text("Base")
    await talk(page, "and now")
    await expect(page.locator(BUBBLES)).to_have_text(["and now"])
    assert open_session(server, "and now").now.network == "base"
    await expect(page.locator(".session-title")).to_have_text(["and now", "first talk"])
    await page.locator(".session-title", has_text="first talk").click()
    await expect(page.locator(BUBBLES)).to_have_text(["first talk"])
    await page.get_by_label("Message", exact=True).fill("a draft")
    await page.get_by_role("button", name="Continue in a new one").click()
    await expect(page.locator("#empty-state")).to_be_visible()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("a draft")


async def test_nothing_is_sent_on_another_network_than_the_one_that_ended(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page()
    await talk(page, "first talk")
    open_session(server, "first talk").expire()
    await expect(page.locator(BAR)).to_be_visible()
    refusal = {"success": False, "message": "No such network"}
    await page.route("**/api/mcp-command", lambda route: route.fulfill(json=refusal))
    await write(page, "send it all")
    await expect(page.get_by_role("alert").filter(has_text="nothing was sent")).to_be_visible()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("send it all")
    assert not any(session.hot for session in server.sessions.values())


async def test_what_an_id_held_before_it_began_anew_can_still_be_read(
    open_page: OpenPage, server: PageServer
) -> None:
    """A message that was on its way when the conversation ended begins a new one under the same id."""
    page = await open_page()
    await talk(page, "first talk")
    server.broken.drops = lambda frame: "session_expired" in frame
    open_session(server, "first talk").expire()
    await talk(page, "late message")
    await expect(page.locator(BUBBLES)).to_have_text(["late message"])
    await expect(page.locator("#earlier")).to_contain_text("the agent remembers nothing of it")
    await page.locator("#earlier").get_by_role("button", name="Read it").click()
    await expect(page.locator(BUBBLES)).to_have_text(["first talk"])
    await expect(page.locator(BAR)).to_be_visible()


async def test_a_conversation_deleted_in_another_tab_leaves_no_copy(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page()
    await talk(page, "secret")
    other = await open_page(beside=page)
    await expect(other.locator(BUBBLES)).to_have_text(["secret"])

    books: list[str] = []

    async def answered_late(route: Route) -> None:
        answer = await route.fetch()
        await expect(other.locator(".session-time")).to_have_text("ended")
        books.append(await other.evaluate("localStorage['forge.sessions']"))
        await route.fulfill(response=answer)

    await page.route("**/api/sessions/*", answered_late)
    await page.get_by_role("button", name="Delete secret").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.locator("#empty-state")).to_be_visible()
    await expect(other.locator(".session-title")).to_have_count(0)
    # As if the other tab had noted the end just after this one had deleted the entry.
    await other.evaluate("book => { localStorage['forge.sessions'] = book; }", books[0])
    await other.wait_for_function("() => localStorage['forge.sessions'] === '[]'")
    await other.reload()
    await expect(other.locator("#empty-state")).to_be_visible()


async def test_the_list_says_when_a_conversation_is_about_to_end(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page()
    await talk(page, "first talk")
    keep(open_session(server, "first talk"), 4, since=26)
    await page.get_by_role("button", name="New conversation").click()
    await talk(page, "second talk")
    await page.reload()
    left = page.locator(".session", has_text="first talk").locator(".session-time")
    await expect(left).to_have_text("ends in 4 min")
    await expect(page.locator("#kept")).to_contain_text("after 30 min without use; a copy to read stays")


@pytest.mark.parametrize("at_work", ["first talk", "second talk"])
async def test_a_conversation_at_work_says_nothing_of_how_long_the_others_are_kept(
    open_page: OpenPage, server: PageServer, at_work: str
) -> None:
    page = await open_page()
    await talk(page, "first talk")
    await page.get_by_role("button", name="New conversation").click()
    await talk(page, "second talk")
    busy = open_session(server, at_work)
    busy.accept("long work")
    busy.claim()
    keep(busy, 43_200)
    await page.reload()
    await expect(page.locator("#kept")).to_contain_text("after 30 min without use")


async def test_the_end_of_an_answer_says_nothing_of_how_long_its_conversation_is_kept(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page()
    await talk(page, "only talk")
    busy = open_session(server, "only talk")
    busy.accept("long work")
    busy.claim()
    keep(busy, 43_200)
    await page.reload()
    time = page.locator(".session-time")
    await expect(time).to_have_text("working")
    busy.finish()
    await expect(time).not_to_have_text("working")
    await expect(page.locator("#kept")).to_contain_text("after a time without use")

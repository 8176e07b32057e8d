"""The focus never falls to the body: if the focused element disappears, something near it gets the focus."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Ask, Fail, Say, Tool, Wait
from tests.frontend.test_conversation_page import write
from tests.patience import PATIENCE_MS
from tests.unlisted import tried

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

FOCUSED = "document.activeElement !== document.body && document.activeElement?.checkVisibility()"
Action = Callable[[Page, PageServer], Awaitable[None]]


async def press(page: Page, name: str, key: str = "Enter") -> None:
    button = page.get_by_role("button", name=name).first
    await button.focus()
    await page.keyboard.press(key)


async def begin(page: Page, *texts: str) -> None:
    for text in texts:
        await write(page, text)
        await expect(page.locator("[data-sender=agent]:not([data-streaming])").first).to_be_visible()
        if text != texts[-1]:
            await page.get_by_role("button", name="New conversation").click()
            await expect(page.locator("#empty-state")).to_be_visible()


async def rename(page: Page, server: PageServer, key: str) -> None:
    await begin(page, "talk")
    await press(page, "Rename talk")
    await page.keyboard.press(key)
    await expect(page.locator(".session-rename")).to_have_count(0)


async def rename_kept(page: Page, server: PageServer) -> None:
    await rename(page, server, "Enter")


async def rename_given_up(page: Page, server: PageServer) -> None:
    await rename(page, server, "Escape")


async def delete(page: Page, server: PageServer) -> None:
    await begin(page, "one", "two")
    await press(page, "Delete one")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
    await expect(page.locator(".session")).to_have_count(1)


async def delete_the_last(page: Page, server: PageServer) -> None:
    await begin(page, "one")
    await press(page, "Delete one")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
    await expect(page.locator(".session")).to_have_count(0)


async def keep(page: Page, server: PageServer) -> None:
    await begin(page, "one")
    await press(page, "Delete one")
    await page.keyboard.press("Escape")


async def dismiss(page: Page, server: PageServer) -> None:
    await begin(page, "talk")
    session = server.the_session
    session.publish(notices=["one", "two"])
    for left in (1, 0):
        await press(page, "Dismiss")
        await expect(page.locator(".notice")).to_have_count(left)


async def dismiss_from_the_server(page: Page, server: PageServer) -> None:
    await begin(page, "talk")
    session = server.the_session
    session.publish(notices=["one"])
    await page.get_by_role("button", name="Dismiss").focus()
    session.publish(notices=[])
    await expect(page.locator(".notice")).to_have_count(0)


async def withdraw(page: Page, server: PageServer) -> None:
    server.replies["wait"] = [Wait()]
    for text in ("wait", "second", "third"):
        await write(page, text)
    for left in (1, 0):
        await expect(page.locator("[data-waiting=queued]")).to_have_count(left + 1)
        await press(page, "Remove from the queue")
        await expect(page.locator("[data-waiting=queued]")).to_have_count(left)


async def unsent(page: Page, button: str) -> None:
    await page.route("**/api/chat", lambda route: route.fulfill(status=409, json={"detail": "Busy."}))
    await write(page, "hello")
    await expect(page.locator("[data-waiting=failed]")).to_be_visible()
    await press(page, button)


async def retry(page: Page, server: PageServer) -> None:
    await unsent(page, "Retry")
    await expect(page.locator("[data-waiting=failed]")).to_be_visible()


async def edit(page: Page, server: PageServer) -> None:
    await unsent(page, "Edit")
    await expect(page.locator("[data-waiting]")).to_have_count(0)


async def discard(page: Page, server: PageServer) -> None:
    await unsent(page, "Discard")
    await expect(page.locator("[data-waiting]")).to_have_count(0)


async def stop(page: Page, server: PageServer) -> None:
    server.replies["wait"] = [Say("Thinking"), Wait()]
    await write(page, "wait")
    await expect(page.locator("[data-streaming]")).to_be_visible()
    await press(page, "Stop")
    await expect(page.locator("#stop")).to_be_hidden()


async def example(page: Page, server: PageServer) -> None:
    await press(page, "Look at an account")
    await expect(page.locator("#empty-state")).to_be_hidden()


async def try_again(page: Page, server: PageServer) -> None:
    server.replies["fail"] = [Fail("No.")]
    await write(page, "fail")
    await press(page, "Try again")
    await expect(page.locator("[data-sender=user]")).to_have_count(2)


async def edit_failed(page: Page, server: PageServer) -> None:
    server.replies["fail"] = [Fail("No.")]
    await write(page, "fail")
    await press(page, "Edit")


async def choose_network(page: Page, server: PageServer) -> None:
    await press(page, "Test network")
    await page.get_by_role("menuitemradio", name="Base").press("Enter")
    await expect(page.locator("#network-name")).to_have_text("Base")


async def reject(page: Page, server: PageServer) -> None:
    server.replies["buy"] = [Ask()]
    await write(page, "buy")
    await press(page, "Reject")
    await expect(page.locator(".approval")).to_have_count(0)


async def to_the_end(page: Page, server: PageServer) -> None:
    server.replies["long"] = [Say("line\n\n" * 80, piece=500)]
    await begin(page, "long")
    await expect(page.locator("[data-sender=agent] .markdown p")).to_have_count(80)
    await page.locator("#conversation").evaluate("scroller => { scroller.scrollTop = 0 }")
    await press(page, "Go to the latest message")
    await expect(page.locator("#to-end")).to_be_hidden()


async def closed_card(page: Page, server: PageServer) -> None:
    server.replies["look"] = [Tool("balance", {}, "0x" + "ab" * 20), Say("done")]
    await begin(page, "look")
    await page.locator(".tool summary").click()
    await page.locator(".tool .hex-copy").focus()
    await page.locator(".tool").evaluate("card => { card.open = false }")
    await expect(page.locator(".tool pre")).to_be_hidden()


async def goes_on(page: Page, server: PageServer) -> None:
    await begin(page, "talk")
    server.the_session.expire()
    await press(page, "Continue in a new one")
    await expect(page.locator("#ended")).to_be_hidden()


async def ends(page: Page, server: PageServer) -> None:
    """A text in which the focus is grows on, and then the conversation is left."""
    server.replies["code"] = [Say("```js\nlet x;\n```\n"), Wait(), Say("and more", piece=1)]
    await write(page, "code")
    await page.get_by_role("button", name="Copy code").focus()
    server.go_on()
    await expect(page.locator("[data-sender=agent]:not([data-streaming])")).to_contain_text("and more")
    assert await page.evaluate("document.activeElement.matches('.copy-code')")


async def moved(page: Page, server: PageServer) -> None:
    """An element of a list that shows the same as before gets another place in it."""
    is_kept = await page.evaluate("""async () => {
      const { KeptChildren } = await import(new URL('page/kept_children.js', document.baseURI));
      const list = document.getElementById('session-list');
      const rows = new KeptChildren(list);
      const button = () => document.createElement('button');
      const show = (...keys) => rows.show(keys.map((key) => ({ key, form: key, build: button })));
      show('one', 'two', 'three');
      const last = list.lastElementChild;
      last.focus();
      show('three', 'one', 'two');
      return last === list.firstElementChild && document.activeElement === last;
    }""")
    assert is_kept


ACTIONS: list[Action] = [
    moved,
    rename_kept,
    rename_given_up,
    delete,
    delete_the_last,
    keep,
    dismiss,
    dismiss_from_the_server,
    withdraw,
    retry,
    edit,
    discard,
    stop,
    example,
    try_again,
    edit_failed,
    choose_network,
    reject,
    to_the_end,
    closed_card,
    goes_on,
    ends,
]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
async def test_something_near_has_the_focus_after(
    open_page: OpenPage, server: PageServer, action: Action
) -> None:
    page = await open_page()
    await action(page, server)
    await page.wait_for_function(FOCUSED, timeout=PATIENCE_MS)


REMOVALS = {
    "removed": "focused.remove()",
    "its parent removed": "focused.parentElement.remove()",
    "replaced": "focused.replaceWith(document.createElement('i'))",
    "hidden": "focused.hidden = true",
    "its parent hidden": "focused.parentElement.hidden = true",
    "disabled": "focused.disabled = true",
    "its parent inert": "focused.parentElement.inert = true",
}


@pytest.mark.parametrize("removal", REMOVALS)
async def test_whatever_takes_an_element_away_the_focus_goes_on(
    open_page: OpenPage, server: PageServer, removal: str
) -> None:
    """Every element of the page that can have the focus, also those that no action above takes away."""
    server.replies["look"] = [Tool("balance", {}, "{}"), Say("```js\nlet x;\n```\n0x" + "ab" * 20), Ask()]
    page = await open_page()
    await write(page, "look")
    await expect(page.locator(".approval")).to_be_visible()
    session = server.the_session
    session.publish(notices=["one"])
    await expect(page.locator(".notice")).to_be_visible()
    selectors = [".hex-copy", ".copy-code", ".approval button", ".notice button", "#send ~ *", "#theme", "#open-chain",
                 ".session-open", ".icon-button", ".tool summary", "#network", "#wallet", "#new-session"]  # fmt: skip
    for selector in selectors:
        script = (
            f"(focused) => {{ focused.focus(); const was = document.activeElement === focused; "
            f"if (was) {{ {REMOVALS[removal]} }} return was; }}"
        )
        element = page.locator(f"{selector}:visible").first
        if await element.count() and await element.evaluate(script):
            tried("element that had the focus × how it went", (selector, removal))
            await page.wait_for_function(FOCUSED, timeout=PATIENCE_MS)


async def test_who_clicks_beside_everything_keeps_no_focus(open_page: OpenPage) -> None:
    page = await open_page()
    await page.locator("#composer-text").focus()
    await page.locator(".brand").click()
    await page.evaluate("document.querySelector('#composer-text').blur()")
    await page.evaluate("document.querySelector('#notices').append(document.createElement('i'))")
    assert await page.evaluate("document.activeElement === document.body")

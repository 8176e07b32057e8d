"""Which part of the page handles a key: every kind of Escape and Enter, on every element that can have the focus,
during a run and without one.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Ask, Say, Tool, Wait
from tests.frontend.test_conversation_page import write
from tests.unlisted import tried

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

COMPOSING: list[dict[str, Any]] = [
    {"isComposing": True},
    {"keyCode": 229},
    {"isComposing": True, "keyCode": 229},
]
ESCAPES: list[tuple[dict[str, Any], bool]] = [
    ({"key": "Escape", "keyCode": 27}, True),
    *[({"key": "Escape", **how}, False) for how in COMPOSING],
    ({"key": "Process", "keyCode": 229}, False),
    ({"key": "Escape", "repeat": True}, False),
    *[({"key": "Escape", modifier: True}, False) for modifier in ("ctrlKey", "metaKey", "altKey", "shiftKey")],
    ({"key": "a"}, False),
]  # fmt: skip
PLACES = {
    "body": True,
    "#conversation": True,
    "#composer-text": True,
    "#stop": True,
    ".tool summary": True,
    ".hex-copy": True,
    ".copy-code": True,
    "#session-search": False,
    ".session-open": False,
    "#new-session": False,
    "#network": False,
    "#wallet": False,
    "#theme": False,
}
"""Whether Escape there may stop the run."""
OPEN = ["#network", "#wallet", "rename", "delete"]
PRESS = """([selector, init]) => {
  const place = document.querySelector(selector);
  place.focus?.();
  return place.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init }));
}"""
STOPS = """
window.stops = 0;
const real = window.fetch;
window.fetch = (...args) => {
  window.stops += String(args[0]).endsWith('/api/interrupt');
  return real(...args);
};
"""


async def running(page: Page, server: PageServer) -> None:
    answer = Say("Look: 0x70997970C51812dc3A010C7d01b50e0d17dc79C8\n\n```js\nlet x;\n```\n")
    server.replies["work"] = [answer, Tool("block", {}, "{}"), Say("and"), Wait()]
    await write(page, "work")
    await expect(page.locator("[data-streaming]")).to_contain_text("and")


async def stops(page: Page, selector: str, event: dict[str, Any]) -> int:
    before = await page.evaluate("window.stops")
    await page.evaluate(PRESS, [selector, event])
    return int(await page.evaluate("window.stops")) - before


async def test_escape_stops_the_run_only_where_it_is_not_somebody_elses(
    open_page: OpenPage, server: PageServer
) -> None:
    """The stop is not carried out, so that one run lasts for all of them."""
    page = await open_page(prepare=STOPS)
    await page.route("**/api/interrupt", lambda route: route.fulfill(status=204))
    await running(page, server)
    wrong: list[str] = []
    for (place, is_free), (event, is_escape) in itertools.product(PLACES.items(), ESCAPES):
        tried("key × place × state", (place, json.dumps(event), "running"))
        if await stops(page, place, event) != int(is_free and is_escape):
            wrong.append(f"{place} {event}")
    assert wrong == []


async def test_escape_stops_nothing_while_something_is_open(open_page: OpenPage, server: PageServer) -> None:
    page = await open_page(prepare=STOPS)
    await running(page, server)
    for opened in OPEN:
        if opened in {"rename", "delete"}:
            await page.locator(".session").hover()
            await page.get_by_role("button", name=opened.capitalize()).click()
        else:
            await page.locator(opened).click()
        tried("key × place × state", (opened, "Escape", "open"))
        await page.keyboard.press("Escape")
        await expect(page.locator(".menu:not([hidden]), dialog[open], .session-rename")).to_have_count(0)
    assert await page.evaluate("window.stops") == 0
    await page.locator("#network").click()
    assert await stops(page, "body", {"key": "Escape", "isComposing": True}) == 0
    await expect(page.locator("#network-menu")).to_be_visible()


async def test_escape_in_the_search_empties_it_and_stops_nothing(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page(prepare=STOPS)
    await running(page, server)
    await page.get_by_placeholder("Search").fill("wor")
    await page.keyboard.press("Escape")
    await expect(page.get_by_placeholder("Search")).to_have_value("")
    assert await page.evaluate("window.stops") == 0


async def test_nothing_is_stopped_while_nothing_runs(open_page: OpenPage, server: PageServer) -> None:
    server.replies["buy"] = [Ask()]
    page = await open_page(prepare=STOPS)
    await write(page, "buy")
    await expect(page.locator(".approval")).to_be_visible()
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    for place, (event, _) in itertools.product(["body", "#conversation", "#composer-text"], ESCAPES):
        tried("key × place × state", (place, json.dumps(event), "idle"))
        assert await stops(page, place, event) == 0


ENTERS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "send", "line"),
    ({"shiftKey": True}, "line", "line"),
    ({"altKey": True}, "line", "line"),
    ({"ctrlKey": True}, "send", "send"),
    ({"metaKey": True}, "send", "send"),
    *[(how, "nothing", "nothing") for how in COMPOSING],
    *[({**how, "ctrlKey": True}, "nothing", "nothing") for how in COMPOSING],
    *[({**how, "shiftKey": True}, "nothing", "nothing") for how in COMPOSING],
]
"""What Enter does with a keyboard and where a finger writes. `line` and `nothing` are the browser's own affair."""


@pytest.mark.parametrize("device", ["keyboard", "touch"])
async def test_enter_sends_or_makes_a_line_and_never_ends_a_composition(
    open_page: OpenPage, server: PageServer, device: str
) -> None:
    options = {"has_touch": True, "is_mobile": True} if device == "touch" else {}
    page = await open_page(viewport={"width": 800, "height": 700}, **options)
    field = page.locator("#composer-text")
    await expect(field).to_have_attribute("enterkeyhint", "enter" if device == "touch" else "send")
    sent = 0
    for init, by_keyboard, by_touch in ENTERS:
        wanted = by_touch if device == "touch" else by_keyboard
        await field.fill(f"text {json.dumps(init)}")
        is_left = await page.evaluate(PRESS, ["#composer-text", {"key": "Enter", **init}])
        tried("key × place × state", (device, json.dumps(init), "Enter"))
        sent += wanted == "send"
        assert is_left == (wanted != "send"), init
        assert bool(await field.input_value()) == (wanted != "send"), init
    await expect(page.locator("[data-sender=user] .bubble, [data-waiting] .bubble")).to_have_count(sent)


async def test_enter_on_a_phone_makes_a_second_line_and_the_button_sends(open_page: OpenPage) -> None:
    page = await open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    await page.get_by_label("Message", exact=True).tap()
    await page.keyboard.type("one")
    await page.keyboard.press("Enter")
    await page.keyboard.type("two")
    await page.get_by_role("button", name="Send", exact=True).tap()
    await expect(page.locator("[data-sender=user] .bubble")).to_have_text("one\ntwo")


@pytest.mark.parametrize("how", COMPOSING, ids=str)
async def test_enter_that_ends_a_composition_does_not_end_a_renaming(
    open_page: OpenPage, how: dict[str, Any]
) -> None:
    page = await open_page()
    await write(page, "first talk")
    await page.get_by_role("button", name="Rename first talk").click()
    for key in ("Enter", "Escape"):
        await page.evaluate(PRESS, [".session-rename", {"key": key, **how}])
        await expect(page.get_by_label("Title")).to_be_focused()
    assert await page.evaluate(PRESS, ["#composer-text", {"key": "ArrowUp", **how}])

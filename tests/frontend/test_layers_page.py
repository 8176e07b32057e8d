"""Whatever opens over the page can be pressed, whatever else is on screen: every menu and overlay, with and
without notices, at four widths.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.test_conversation_page import write
from tests.properties import paired
from tests.unlisted import tried

pytestmark = pytest.mark.browser
IN_CHROMIUM = pytest.mark.asyncio(loop_scope="session")

STYLE = Path(__file__).parents[2] / "frontend/style"
NOTICE = "No language model is configured (FORGE_LLM): the offline operator answers a fixed set of commands. "
WIDTHS = [(1280, 860), (768, 1024), (640, 430), (390, 844), (320, 640)]

COVERED = """async (selector) => {
  const isEnding = ({ effect }) => effect.getComputedTiming().iterations === 1;
  await Promise.allSettled(document.getAnimations().filter(isEnding).map(({ finished }) => finished));
  const box = document.querySelector(selector);
  const parts = [...box.querySelectorAll('button, input, strong, small, p, .hex-text')];
  const seen = parts.filter((part) => part.checkVisibility({ visibilityProperty: true }));
  const isCovered = (part) => {
    part.scrollIntoView({ block: 'nearest' });
    const { left, top, width, height } = part.getBoundingClientRect();
    if (!width || !height) return false;
    const hit = document.elementFromPoint(left + width / 2, top + height / 2);
    return !hit || !box.contains(hit) || !(part.contains(hit) || hit.contains(part));
  };
  return { covered: seen.filter(isCovered).map(({ textContent }) => textContent), looked: seen.length };
}"""
"""What of the box is not its own `elementFromPoint`."""

TOAST = """() => {
  const toast = Object.assign(document.createElement('div'), { className: 'toast', textContent: 'Not changed.' });
  document.querySelector('#toasts').append(toast);
}"""

Opening = Callable[[Page], Awaitable[None]]


async def network_menu(page: Page) -> None:
    await page.locator("#network").click()


async def wallet_menu(page: Page) -> None:
    await page.locator("#wallet").click()


async def sidebar(page: Page) -> None:
    if await page.locator("#open-sidebar").is_visible():
        await page.locator("#open-sidebar").click()
        await expect(page.locator("#new-session")).to_be_in_viewport()


async def delete_dialog(page: Page) -> None:
    await sidebar(page)
    await page.locator(".session").first.hover()
    await page.get_by_role("button", name="Delete hello").click()


async def topbar(page: Page) -> None:
    await expect(page.locator(".topbar")).to_be_visible()


OVERLAYS: list[tuple[str, Opening]] = [
    (".topbar", topbar),
    ("#network-menu", network_menu),
    ("#wallet-menu", wallet_menu),
    ("#sidebar", sidebar),
    ("#confirm-delete", delete_dialog),
]


@IN_CHROMIUM
@pytest.mark.hypothesis
@pytest.mark.parametrize(("size", "notices"), paired(WIDTHS, [0, 1, 6], 3))
async def test_whatever_is_open_can_be_pressed(
    open_page: OpenPage, server: PageServer, size: tuple[int, int], notices: int
) -> None:
    page = await open_page(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    await write(page, "hello")
    await expect(page.locator("[data-sender=agent]:not([data-streaming])")).to_be_visible()
    session = server.the_session
    session.publish(notices=[NOTICE * 2 + str(number) for number in range(notices)])
    await expect(page.locator(".notice")).to_have_count(notices)
    await page.evaluate(TOAST)
    for selector, opening in OVERLAYS:
        await opening(page)
        await expect(page.locator(selector)).to_be_visible()
        found = await page.evaluate(COVERED, selector)
        tried("overlay × width × notices", (selector, size, notices))
        assert found["covered"] == [], selector
        assert found["looked"] > 0, selector
        await page.keyboard.press("Escape")
        if selector == "#confirm-delete" and size[0] <= 780:
            await page.keyboard.press("Escape")


def test_layers_are_declared_in_one_place() -> None:
    declared = re.findall(r"(--layer-[\w-]+):", (STYLE / "layers.css").read_text())
    used = [
        (path.name, value)
        for path in STYLE.glob("*.css")
        for value in re.findall(r"z-index:\s*([^;]+);", path.read_text())
    ]
    assert {value for _, value in used} == {f"var({name})" for name in declared}


def test_what_scrolls_also_cuts_off_the_texts_for_screen_readers() -> None:
    """Else such a text below the fold makes the whole page higher, and scrolling to something moves the page itself."""
    rules = [
        rule
        for file in STYLE.glob("*.css")
        for rule in re.findall(
            r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL)
        )
    ]
    scrolling = {selector.strip(): body for selector, body in rules if "overflow-y: auto" in body}
    assert {"#conversation", "#chain", "#sidebar nav"} <= set(scrolling)
    alone = {"#composer-text"}
    assert [each for each, body in scrolling.items() if "position:" not in body and each not in alone] == []

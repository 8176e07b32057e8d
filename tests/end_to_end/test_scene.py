"""People in browsers, each with a conversation of their own, on a chain where ether really moves."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from local_dev.stack_process import RunningStack
from tests.end_to_end.chain import balance_of
from tests.end_to_end.conversing import plan, tokens, tokens_text
from tests.end_to_end.marks import END_TO_END
from tests.patience import PATIENCE_MS

pytestmark = END_TO_END

ETHER = 10**18
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

expect.set_options(timeout=PATIENCE_MS)

NOTE_GROWTH = """() => {
  window.grown = [];
  new MutationObserver(() => {
    const growing = document.querySelector('[data-streaming]');
    if (growing) window.grown.push(growing.textContent.length);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@asynccontextmanager
async def browsing(browser: Browser) -> AsyncGenerator[BrowserContext]:
    """A person with a browser of their own; a page that breaks is a failed test."""
    context = await browser.new_context(locale="en-US")
    broken: list[str] = []
    context.on("weberror", lambda error: broken.append(str(error.error)))
    try:
        yield context
    finally:
        await context.close()
    assert broken == []


@pytest_asyncio.fixture(loop_scope="session")
async def ann(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with browsing(browser) as context:
        yield context


@pytest_asyncio.fixture(loop_scope="session")
async def ben(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with browsing(browser) as context:
        yield context


async def opened(person: BrowserContext, stack: RunningStack, path: str = "/") -> Page:
    page = await person.new_page()
    await page.goto(stack.base_url + path)
    await expect(page.locator("[data-connection=connected]")).to_be_visible()
    return page


async def say(page: Page, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.get_by_role("button", name="Send", exact=True).click()


def answers(page: Page, text: str) -> Locator:
    return page.locator("[data-sender=agent]").filter(has_text=text)


async def picture(page: Page, name: str) -> None:
    """For docs/images, where FORGE_PICTURES names a folder."""
    if folder := os.environ.get("FORGE_PICTURES"):
        await page.set_viewport_size({"width": 1280, "height": 860})
        await page.mouse.move(0, 0)
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def test_two_people_see_only_their_own_conversation_and_the_ether_moves(
    ann: BrowserContext, ben: BrowserContext, operator_stack: RunningStack
) -> None:
    rpc = operator_stack.environment["TESTNET_RPC_URL"]
    alice, bob = await balance_of(rpc, ALICE), await balance_of(rpc, BOB)
    anns, bens = await asyncio.gather(opened(ann, operator_stack), opened(ben, operator_stack))
    await asyncio.gather(say(anns, "send 1 ETH from Alice to Bob"), say(bens, "balance of Grace"))
    await asyncio.gather(
        expect(answers(anns, "Sent 1 ETH from Alice to Bob.")).to_be_visible(),
        expect(answers(bens, "Grace has 10,000 ETH.")).to_be_visible(),
    )
    assert await balance_of(rpc, BOB) == bob + ETHER
    assert alice - 2 * ETHER < await balance_of(rpc, ALICE) < alice - ETHER
    assert "Grace" not in await anns.locator("#messages").inner_text()
    assert "Alice" not in await bens.locator("#messages").inner_text()
    await expect(anns.locator("[data-sender=agent]").last).to_contain_text(
        re.compile(r"Bob has [\d,.]+ ETH\.")
    )
    await picture(anns, "page")


async def test_tool_calls_and_their_results_are_visible(
    ann: BrowserContext, operator_stack: RunningStack
) -> None:
    page = await opened(ann, operator_stack)
    await say(page, "balance of Grace")
    card = page.locator("[data-kind=tool_call]")
    await expect(card).to_have_attribute("data-outcome", "success")
    await expect(card).to_contain_text("Balance")
    await card.locator("summary").click()
    await expect(card).to_contain_text("Grace")
    await expect(card).to_contain_text("10000000000000000000000")


async def test_text_arrives_token_by_token(ann: BrowserContext, stack: RunningStack) -> None:
    page = await opened(ann, stack)
    await page.evaluate(NOTE_GROWTH)
    await say(page, tokens(60, per_second=40))
    await expect(answers(page, "t0059")).to_be_visible()
    grown: list[int] = await page.evaluate("window.grown")
    assert len(set(grown)) >= 10
    assert grown == sorted(grown)


async def test_a_reload_keeps_the_conversation(ann: BrowserContext, stack: RunningStack) -> None:
    page = await opened(ann, stack)
    await say(page, tokens(5))
    await expect(answers(page, tokens_text(5).strip())).to_be_visible()
    await page.reload()
    await expect(answers(page, tokens_text(5).strip())).to_be_visible()
    await expect(page.locator("[data-sender=user]")).to_have_count(1)
    await say(page, tokens(7))
    await expect(answers(page, tokens_text(7).strip())).to_be_visible()
    await expect(page.locator("[data-sender=agent]")).to_have_count(2)


async def test_a_second_tab_of_the_same_session_follows_live(
    ann: BrowserContext, stack: RunningStack
) -> None:
    first = await opened(ann, stack)
    await say(first, tokens(400, per_second=100))
    await expect(answers(first, "t0001")).to_be_visible()
    second = await opened(ann, stack)
    await expect(second.locator("[data-streaming]")).to_contain_text("t0001")
    await expect(answers(second, tokens_text(400).strip())).to_be_visible()
    await say(second, tokens(3))
    await expect(first.locator("[data-sender=user]")).to_have_count(2)
    await expect(first.locator("[data-sender=agent]").last).to_contain_text(tokens_text(3).strip())


async def test_stop_stops(ann: BrowserContext, stack: RunningStack) -> None:
    page = await opened(ann, stack)
    await say(page, tokens(5000, per_second=50))
    await expect(answers(page, "t0003")).to_be_visible()
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator("#messages").get_by_text("You stopped this answer")).to_be_visible()
    await expect(page.locator("[data-streaming]")).to_have_count(0)
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    await say(page, tokens(2))
    await expect(page.locator("[data-sender=agent]").last).to_contain_text(tokens_text(2).strip())


async def test_what_is_said_is_shown_as_text_and_not_as_markup(
    ann: BrowserContext, stack: RunningStack
) -> None:
    page = await opened(ann, stack)
    hostile = "<img src=x onerror='window.broken = 1'><b>bold</b>"
    await say(page, plan({"say": hostile}))
    await expect(page.locator("[data-sender=agent]")).to_be_visible()
    await expect(page.locator("#messages img, #messages .bubble b")).to_have_count(0)
    assert await page.evaluate("window.broken") is None


async def test_the_page_breaks_none_of_the_rules_that_it_is_served_with(
    ann: BrowserContext, stack: RunningStack
) -> None:
    """Content security policy and trusted types: what they stop is told, and a breach on purpose is."""
    await ann.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => console.error('violation', e.violatedDirective))"
    )
    page, broken = await ann.new_page(), list[str]()
    page.on("console", lambda told: broken.append(told.text) if told.type == "error" else None)
    served = await page.goto(stack.base_url)
    assert served
    await expect(page.locator("[data-connection=connected]")).to_be_visible()
    await say(
        page, plan({"say": "# A title\n\n- **bold** [link](https://example.org)\n\n```js\nlet a;\n```"})
    )
    await expect(page.locator("[data-sender=agent]")).to_be_visible()
    assert broken == []
    headers = await served.all_headers()
    assert "require-trusted-types-for 'script'" in headers["content-security-policy"]
    assert headers["cross-origin-opener-policy"].startswith("same-origin")
    assert headers["x-content-type-options"] == "nosniff"
    assert "permissions-policy" in headers
    refused = await page.evaluate("try { document.body.innerHTML = '<b>x</b>' } catch (e) { e.name }")
    assert refused == "TypeError"
    await page.evaluate("new Promise((done) => setTimeout(done))")
    assert any("violation require-trusted-types-for" in each for each in broken)

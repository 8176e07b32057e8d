"""The example page of docs/clients.md, as it is printed there, in Chromium."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Dialog, expect

from tests.frontend.page_server import PageServer
from tests.frontend.script import Ask, Say, Wait

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

DOCUMENT = (Path(__file__).parents[2] / "docs/clients.md").read_text()


async def test_example_page_chats_stops_answers_the_wallet_and_remembers(
    browser: Browser, server: PageServer
) -> None:
    found = re.search(r"^```html runnable\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found
    server.other_page = found[1]
    server.replies |= {"wait": [Say("Thinking"), Wait()], "buy": [Ask()]}
    page = await browser.new_page()
    asked: list[str] = []

    async def declined(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", declined)
    lines = page.locator("#messages li")
    await page.goto(server.url + "other-page")
    await expect(page.get_by_role("status")).to_have_text("connected")
    for text, shown in (("hello", "agent: You said: hello"), ("wait", "agent: Thinking")):
        await page.get_by_label("Message").fill(text)
        await page.get_by_role("button", name="Send").click()
        await expect(lines.last).to_have_text(shown)
    await page.get_by_role("button", name="Stop").click()
    await expect(lines.last).to_have_text("system: Interrupted by user")
    await page.get_by_label("Message").fill("buy")
    await page.keyboard.press("Enter")
    await expect(lines.last).to_contain_text("Transaction rejected by user: not wanted")
    assert asked == ["Send 1.5 ETH to vitalik.eth?"]
    await page.reload()
    await expect(lines.first).to_have_text("user: hello")
    await page.close()

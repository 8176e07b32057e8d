"""The page as it stands in its folder: each module is a file of its own, and nothing has to be built."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.test_conversation_page import write

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


async def test_the_page_answers_without_having_been_built(open_page: OpenPage, server: PageServer) -> None:
    page = await open_page()
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    await page.goto(f"{server.url}unbuilt")
    await page.wait_for_selector("[data-connection=connected]")
    await write(page, "hello")
    await expect(page.locator("[data-sender=agent]:not([data-streaming])")).to_contain_text("You said: hello")
    assert f"{server.url}page/main.js" in loaded
    assert f"{server.url}client/transport.js" in loaded

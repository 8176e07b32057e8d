"""A fake server and a real Chromium, one browser profile for each page."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.frontend.fake_server import FakeServer

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
]
PATIENCE_MS = 12_000
expect.set_options(timeout=PATIENCE_MS)

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Instead of the guard of tests/conftest.py: fixtures of the whole session talk to Chromium and the fake server."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[FakeServer]:
    server = FakeServer()
    runner = await server.start()
    yield server
    await server.stop(runner)


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, server: FakeServer) -> AsyncIterator[OpenPage]:
    """Opens the page, in a browser profile of its own or (`beside=page`) in another tab of that page's. Whatever a
    page complains about (errors, policy violations) fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    async def opened(beside: Page | None = None, prepare: str | None = None, **options: Any) -> Page:
        context = beside.context if beside else await browser.new_context(**options)
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: _complain(complaints, line.type, line.text))
        if prepare:
            await page.add_init_script(prepare)
        await page.goto(server.url)
        await page.wait_for_selector("[data-connection=connected]")
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert complaints == []


def _complain(complaints: list[str], kind: str, text: str) -> None:
    is_expected = (
        "WebSocket connection" in text or "Failed to load resource" in text or "ERR_EMPTY_RESPONSE" in text
    )
    if kind in {"error", "warning"} and not is_expected:
        complaints.append(text)

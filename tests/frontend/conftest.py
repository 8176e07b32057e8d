"""A fake server and a real Chromium."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from bench.browser import chromium
from local_dev.processes.chain import Chain
from local_dev.processes.chain import anvil as anvil_program
from local_dev.processes.processes import Processes
from tests.fake_server.server import serving
from tests.frontend.page_server import PageServer
from tests.patience import PATIENCE_MS

ARGUMENTS = [
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
]
expect.set_options(timeout=PATIENCE_MS)

HURRIED = """
setTimeout = ((real) => (act, delay, ...rest) => real(act, delay / 20, ...rest))(setTimeout);
Date.now = ((real, begin) => () => begin + 20 * (real() - begin))(Date.now, Date.now());
"""
"""For `prepare`: the page's waiting times pass twenty times as fast."""

FORGET = """() => new Promise((forgotten, failed) => {
  localStorage.clear();
  sessionStorage.clear();
  const request = indexedDB.deleteDatabase('forge');
  request.onsuccess = forgotten;
  request.onerror = failed;
})"""

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Instead of the guard of tests/conftest.py: fixtures of the whole session talk to Chromium and the fake server."""


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium(ARGUMENTS) as browser:
        yield browser


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running_server() -> AsyncIterator[PageServer]:
    async with serving(PageServer()) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def server(running_server: PageServer) -> AsyncIterator[PageServer]:
    yield running_server
    await running_server.reset()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def anvil(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a real node."""
    folder, program = tmp_path_factory.mktemp("chain"), anvil_program()
    assert program
    processes = Processes(folder)
    chain = Chain(processes, program, folder, print)
    await chain.start()
    yield chain.url
    await processes.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: FORGE_PICTURES keeps them (those of docs/images are made so)."""
    folder = Path(os.environ.get("FORGE_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def profile(browser: Browser) -> AsyncIterator[Profile]:
    context = await browser.new_context()
    yield Profile(context, await context.new_page())
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, profile: Profile, server: PageServer) -> AsyncIterator[OpenPage]:
    """Opens the page as somebody who has never been here, or (`beside=page`) in another tab of that page's browser.
    Whatever a page complains about (errors, policy violations) fails the test.
    """
    contexts: list[BrowserContext] = []

    async def tab(beside: Page | None, options: dict[str, Any]) -> Page:
        if beside:
            return await beside.context.new_page()
        if options or profile.is_taken:
            contexts.append(await browser.new_context(**options))
            profile.listen(contexts[-1])
            return await contexts[-1].new_page()
        return profile.take()

    async def opened(beside: Page | None = None, prepare: str | None = None, **options: Any) -> Page:
        page = await tab(beside, options)
        page.set_default_timeout(PATIENCE_MS)
        if prepare:
            await profile.prepare(page, prepare)
        await page.goto(server.url)
        await page.wait_for_selector("[data-connection=connected]")
        return page

    yield opened
    for context in contexts:
        await context.close()
    await profile.forget(server.url + "other-page")
    complaints = profile.complaints.copy()
    profile.complaints.clear()
    assert complaints == []


class Profile:
    """One browser profile for all tests: what it has cached need not be loaded again, but nothing else is kept."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context = context
        self.is_taken = False
        self.complaints: list[str] = []
        self._page = page
        self._scripts = AsyncExitStack()
        self.listen(context)

    def listen(self, context: BrowserContext) -> None:
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", lambda line: _complain(self.complaints, line.type, line.text))

    def take(self) -> Page:
        """The tab for one test."""
        self.is_taken = True
        return self._page

    async def prepare(self, page: Page, script: str) -> None:
        """`script` runs before those of the page, until the test's end."""
        prepared = await page.add_init_script(script)
        if page is self._page:
            await self._scripts.enter_async_context(prepared)

    async def forget(self, empty_page: str) -> None:
        """`empty_page` must be of the same origin: storage can only be cleared from there."""
        if not self.is_taken:
            return
        self.is_taken = False
        await self.context.set_offline(False)
        for page in self.context.pages:
            if page is not self._page:
                await page.close()
        await self._unprepared()
        await self._page.unroute_all()
        await self._page.goto(empty_page)
        await self._page.evaluate(FORGET)

    async def _unprepared(self) -> None:
        """The tab, or a new one if the test has closed it, with no script but the page's own."""
        if self._page.is_closed():
            self._scripts.pop_all()
            self._page = await self.context.new_page()
        else:
            await self._scripts.aclose()


def _complain(complaints: list[str], kind: str, text: str) -> None:
    is_expected = (
        "WebSocket connection" in text or "Failed to load resource" in text or "ERR_EMPTY_RESPONSE" in text
    )
    if kind in {"error", "warning"} and not is_expected:
        complaints.append(text)

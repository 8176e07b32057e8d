"""Chromium, wherever the set-up found it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@asynccontextmanager
async def launched(playwright: Playwright, arguments: Sequence[str] = ()) -> AsyncGenerator[Browser]:
    """The one on PATH, else Playwright's own. `--no-sandbox`: tests often run as root in a container."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox", *arguments])
    try:
        yield browser
    finally:
        await browser.close()

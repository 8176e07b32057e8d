"""Chromium, wherever the set-up found it (`scripts/setup.sh` knows the same names)."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Playwright, async_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The headless shell comes first: it draws no windows, so a test of the page takes two thirds of the processor time."""


@asynccontextmanager
async def launched(playwright: Playwright, arguments: Sequence[str] = ()) -> AsyncGenerator[Browser]:
    """The one on PATH, else Playwright's own. `--no-sandbox`: tests often run as root in a container."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox", *arguments])
    try:
        yield browser
    finally:
        await browser.close()


@asynccontextmanager
async def chromium(arguments: Sequence[str] = ()) -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright, launched(playwright, arguments) as browser:
        yield browser

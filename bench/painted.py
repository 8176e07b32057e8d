"""How evenly a person sees a text grow: gaps between two moments at which the page shows more of it, in Chromium.

The LLM speaks 20 tokens a second. The pauses between frames are the deployment's setting (`FRAME_PACE`).
"""

from __future__ import annotations

import json
import shutil

from playwright.async_api import Page, async_playwright

from bench.figures import Figure, percentile
from bench.page import BROWSERS
from bench.people import UNLIMITED
from local_dev.stack_process import running_stack
from worker.push.frame_pace import PACES

TOKENS_PER_SECOND = 20
GAP_BUDGET = 150.0
"""Milliseconds. On a busy computer a screen is late by itself."""

WATCH = """() => {
  const seen = (window.seen = []);
  const look = (now) => {
    const body = document.querySelector('.from-agent:last-child .markdown');
    const length = body?.textContent.length ?? 0;
    if (length > (seen.at(-1)?.[1] ?? 0)) seen.push([now, length]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
GAPS = "() => window.seen.slice(1).map(([at], before) => at - window.seen[before][0])"


async def painted_figures(tokens: int) -> list[Figure]:
    figures: list[Figure] = []
    for pace in PACES:
        async with running_stack({**UNLIMITED, "FORGE_LLM": "scripted", "FRAME_PACE": pace}) as stack:
            gaps, frames = await _watched(stack.base_url, tokens)
        figures += [
            Figure(f"{pace}: gap between painted text, p99", percentile(gaps, 99), "ms"),
            Figure(f"{pace}: gap between painted text, longest", max(gaps), "ms", GAP_BUDGET),
            Figure(f"{pace}: frames of the WebSocket", float(frames), ""),
        ]
    return figures


async def _watched(url: str, tokens: int) -> tuple[list[float], int]:
    asked = json.dumps({"f": 500, "t": tokens, "r": TOKENS_PER_SECOND})
    async with async_playwright() as playwright:
        found = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = await browser.new_page()
        received: list[str] = []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append("")))
        await page.goto(url)
        await page.wait_for_selector("[data-connection=connected]")
        await page.evaluate(WATCH)
        received.clear()
        await _ask(page, asked)
        last = f"t{tokens - 1:04d}"
        await page.wait_for_selector(f".from-agent:has-text('{last}')", timeout=120_000)
        gaps: list[float] = await page.evaluate(GAPS)
        await browser.close()
    return gaps, len(received)


async def _ask(page: Page, text: str) -> None:
    await page.fill("#composer-text", text)
    await page.press("#composer-text", "Enter")

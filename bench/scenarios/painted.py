"""How evenly a person sees a text grow: the gaps between two moments at which the page in Chromium shows more text.

The LLM writes 20 tokens a second. The pauses between frames are the deployment's setting (`FRAME_PACE`).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from playwright.async_api import Page

from bench.browser import chromium
from bench.figures import Figure, percentile
from bench.floor_process import running_floor
from bench.people import UNLIMITED
from bench.suite import Scenario, Size
from local_dev.stack_process import running_stack
from worker.push.frame_pace import PACES

TOKENS_PER_SECOND = 20
GAP_BUDGET = 150.0
"""Milliseconds. On a busy computer the screen itself is late."""

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


async def measure(size: Size) -> list[Figure]:
    tokens = size.of(300, 50)
    async with running_floor() as floor:
        bare, _ = await _watched(floor.base_url, tokens, _ask_floor)
    figures: list[Figure] = []
    for pace in PACES:
        async with running_stack({**UNLIMITED, "FRAME_PACE": pace}) as stack:
            gaps, frames = await _watched(stack.base_url, tokens, _ask)
        figures += [
            Figure(
                f"{pace}: gap between painted text, p99",
                percentile(gaps, 99),
                "ms",
                floor=percentile(bare, 99),
            ),
            Figure(f"{pace}: gap between painted text, longest", max(gaps), "ms", GAP_BUDGET, max(bare)),
            Figure(f"{pace}: frames of the WebSocket", float(frames), ""),
        ]
    return figures


async def _watched(
    url: str, tokens: int, ask: Callable[[Page, str], Awaitable[None]]
) -> tuple[list[float], int]:
    async with chromium() as browser:
        page = await browser.new_page()
        received: list[str] = []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append("")))
        await page.goto(url)
        await page.evaluate(WATCH)
        await ask(page, json.dumps({"f": 500, "t": tokens, "r": TOKENS_PER_SECOND}))
        before = len(received)
        last = f"t{tokens - 1:04d}"
        await page.wait_for_selector(f".from-agent:has-text('{last}')", timeout=120_000)
        gaps: list[float] = await page.evaluate(GAPS)
    return gaps, len(received) - before


async def _ask(page: Page, text: str) -> None:
    await page.wait_for_selector("[data-connection=connected]")
    await page.fill("#composer-text", text)
    await page.press("#composer-text", "Enter")


async def _ask_floor(page: Page, text: str) -> None:
    await page.evaluate("asked => void ask(asked)", text)


SCENARIO = Scenario("Text that grows on the page, at 20 tokens a second", measure)

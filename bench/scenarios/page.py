"""How fast the page opens in Chromium, and how many bytes are transferred: a first visit with an empty cache, and
a reload.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from playwright.async_api import Browser

from bench.browser import chromium
from bench.figures import Figure
from bench.people import UNLIMITED
from bench.suite import Scenario, Size
from local_dev.stack_process import RunningStack, running_stack

OPEN_BUDGET = 1_000.0
"""Milliseconds until a message can be written."""
WEIGHT_BUDGET = 150.0

MEASURE = """() => {
  const [page] = performance.getEntriesByType('navigation');
  const files = [page, ...performance.getEntriesByType('resource').filter(({ name }) => !/\\/(api|rpc)\\//.test(name))];
  const sum = (field) => files.reduce((total, file) => total + file[field], 0) / 1000;
  return {
    painted: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    usable: performance.getEntriesByName('forge:usable')[0].startTime,
    transferred: sum('transferSize'),
    raw: sum('decodedBodySize'),
    files: files.length,
  };
}"""

Visit = dict[str, Any]


async def measure(size: Size) -> list[Figure]:
    async with running_stack(UNLIMITED) as stack:
        return await page_figures(stack, size.of(3, 1))


async def page_figures(stack: RunningStack, rounds: int) -> list[Figure]:
    async with chromium() as browser:
        visits = [await _visit(browser, stack.base_url) for _ in range(rounds)]
    first, again = ([each[which] for each in visits] for which in (0, 1))
    return [
        Figure("first visit: first contentful paint, p50", _median(first, "painted"), "ms"),
        Figure("first visit: a message can be written, p50", _median(first, "usable"), "ms", OPEN_BUDGET),
        Figure("reload: first contentful paint, p50", _median(again, "painted"), "ms"),
        Figure("reload: a message can be written, p50", _median(again, "usable"), "ms", OPEN_BUDGET),
        Figure("first visit: transferred, with headers", first[0]["transferred"], "KB", WEIGHT_BUDGET),
        Figure("reload: transferred, with headers", again[0]["transferred"], "KB"),
        Figure("as written, uncompressed", first[0]["raw"], "KB"),
        Figure("files", float(first[0]["files"]), ""),
    ]


async def _visit(browser: Browser, url: str) -> tuple[Visit, Visit]:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_selector("[data-connection=connected]")
    first = await page.evaluate(MEASURE)
    await page.reload()
    await page.wait_for_selector("[data-connection=connected]")
    again = await page.evaluate(MEASURE)
    await context.close()
    return first, again


def _median(visits: Sequence[Visit], field: str) -> float:
    return statistics.median(visit[field] for visit in visits)


SCENARIO = Scenario("The page in Chromium", measure)

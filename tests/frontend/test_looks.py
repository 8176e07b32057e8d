"""Every view of the page, desktop and phone, light and dark: pictures, no sideways scrolling, and what axe says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.frontend.conftest import OpenPage
from tests.frontend.fake_server import FakeServer
from tests.frontend.scenes import SCENES

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.chain]

AXE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text()
LOOK = """async () => {
  const isEnding = ({ effect }) => effect.getComputedTiming().iterations === 1;
  await Promise.allSettled(document.getAnimations().filter(isEnding).map(({ finished }) => finished));
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  const where = ({ nodes }) => nodes.map(({ target, failureSummary }) => [String(target), failureSummary]);
  return violations.map((found) => ({ id: found.id, impact: found.impact, where: where(found) }));
}"""
SIDEWAYS = """() => [document.documentElement, document.querySelector('#conversation')]
  .map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)"""
DESKTOP = {"viewport": {"width": 1280, "height": 860}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


async def serious_violations(page: Page) -> list[Any]:
    await page.evaluate(AXE)
    return [found for found in await page.evaluate(LOOK) if found["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.timeout(150)
async def test_every_view_is_accessible_and_fits(
    open_page: OpenPage, server: FakeServer, anvil: str, pictures: Path, size: dict[str, Any], scheme: str
) -> None:
    server.chain_url = anvil
    page = await open_page(color_scheme=scheme, reduced_motion="reduce", **size)
    name = f"{'phone' if size is PHONE else 'desktop'}-{scheme}"
    found: dict[str, list[Any]] = {}
    for scene in SCENES:
        await scene(page, server)
        await page.screenshot(path=pictures / f"{name}-{scene.__name__}.png")
        assert await page.evaluate(SIDEWAYS) == [0, 0], scene.__name__
        if serious := await serious_violations(page):
            found[scene.__name__] = serious
    assert found == {}

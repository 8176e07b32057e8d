"""Every view of the page, desktop and phone, light and dark: pictures, no horizontal scrolling, and the results of
axe.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.scenes import SCENES, approval, chain, conversation, deleting, open_tool

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.chain]

AXE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text()
LOOK = """async (options) => {
  const isEnding = ({ effect }) => effect.getComputedTiming().iterations === 1;
  await Promise.allSettled(document.getAnimations().filter(isEnding).map(({ finished }) => finished));
  const { violations } = await axe.run(document, { resultTypes: ['violations'], ...options });
  const where = ({ nodes }) => nodes.map(({ target, failureSummary }) => [String(target), failureSummary]);
  return violations.map((found) => ({ id: found.id, impact: found.impact, where: where(found) }));
}"""
SIDEWAYS = """() => [document.documentElement, document.querySelector('#conversation')]
  .map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)"""
WALLET = "window.ethereum = { request: async ({ method }) => (method.endsWith('ccounts') ? [] : null) };"
DESKTOP = {"viewport": {"width": 1280, "height": 860}}
KEPT = "FORGE_PICTURES" in os.environ
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


SEEN_LATER = (conversation, open_tool)
"""All of it is still on the page in the scene after them."""
OTHERWISE_ON_A_PHONE = (chain, approval, deleting)
"""Panels and drawers that lie over the page; elsewhere a phone shows the same elements."""


async def serious_violations(page: Page, options: dict[str, Any]) -> list[Any]:
    violations = await page.evaluate(LOOK, options)
    return [found for found in violations if found["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.timeout(300)
async def test_every_view_is_accessible_and_fits(
    open_page: OpenPage, server: PageServer, anvil: str, pictures: Path, size: dict[str, Any]
) -> None:
    """The dark page differs in its colours only, and they are the same on a phone: looked at once."""
    server.chain_url = anvil
    page = await open_page(prepare=WALLET, reduced_motion="reduce", **size)
    await page.evaluate(AXE)
    device = "phone" if size is PHONE else "desktop"
    found: dict[str, list[Any]] = {}
    for scene in SCENES:
        await scene(page, server)
        for scheme, options in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
            is_looked_at = scene not in SEEN_LATER if size is DESKTOP else scene in OTHERWISE_ON_A_PHONE
            is_looked_at &= scheme == "light" or size is DESKTOP
            if not (KEPT or is_looked_at):
                continue
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            name = f"{device}-{scheme}-{scene.__name__}"
            if KEPT:
                await page.screenshot(path=pictures / f"{name}.png")
            if is_looked_at and (serious := await serious_violations(page, options)):
                found[name] = serious
        assert await page.evaluate(SIDEWAYS) == [0, 0], scene.__name__
    assert found == {}

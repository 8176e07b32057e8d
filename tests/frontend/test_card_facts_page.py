"""What a card must say so that a person knows what leaves: every movement, each token by its address."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.frontend.conftest import OpenPage
from tests.frontend.fake_approvals import FEE, Ask
from tests.frontend.fake_server import FakeServer
from tests.frontend.test_approval_page import BEHAVES, DATA, SENT, USDC
from tests.frontend.test_wallet_page import desk
from tests.frontend.wallet_modes import OTHER, PAYER

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


def asking(to: str = USDC, **review: Any) -> Ask:
    whole = {"outcome": "moves", "recipient": OTHER, "fee": FEE, **review}
    return Ask(to=to, value="0", data=DATA, sender=PAYER, description="A gift", review=whole)


async def test_everything_that_leaves_is_shown(open_page: OpenPage, server: FakeServer) -> None:
    changes = [{**SENT, "formatted": str(number)} for number in range(20)]
    at = await desk(open_page, server, BEHAVES, asking(changes=changes))
    await expect(at.card.locator(".approval-change")).to_have_count(20)
    await expect(at.card.locator("[data-tone=good]")).to_have_count(1)


async def test_what_moves_beside_what_is_shown_is_not_called_exact(
    open_page: OpenPage, server: FakeServer
) -> None:
    at = await desk(open_page, server, BEHAVES, asking(changes=[SENT], more_changes=3))
    await expect(at.card).to_contain_text("Not shown here: 3 more movements.")
    await expect(at.card).to_contain_text("Simulated: this moves, and more that is not shown here.")
    await expect(at.card.locator("[data-tone=good]")).to_have_count(0)

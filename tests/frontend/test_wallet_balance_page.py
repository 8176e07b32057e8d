"""What the page says of the wallet's money: in the coin of the chain that the wallet is on, or in no coin."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.test_wallet_page import desk, wallet_script
from tests.frontend.wallet_modes import Mode, Step

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

POLYGON = {"name": "polygon", "chain_id": 137, "title": "Polygon", "currency": "POL", "sends": False}
NAMELESS = {"name": "novel", "chain_id": 7, "title": "Novel chain", "sends": False}
COINS = [(1, "1 ETH"), (137, "1 POL"), (7, "1 of Novel chain’s own coin"), (56, "1 of chain 56’s own coin")]


async def test_balance_of_the_wallet_is_in_the_coin_of_its_own_chain(
    open_page: OpenPage, server: PageServer
) -> None:
    """Whatever the conversation's network is, and also when the wallet goes elsewhere while the menu is open."""
    server.api.networks += [POLYGON, NAMELESS]
    page = await open_page(prepare=wallet_script(Mode("behaves", "sent")))
    await page.locator("#wallet").click()
    await page.locator("#wallet-menu").get_by_role("button", name="Connect").click()
    balance = page.locator(".wallet-balance")
    for chain, words in COINS:
        await page.evaluate("(chain) => window.ethereum.goTo(chain)", chain)
        await expect(balance).to_have_text(words)


async def test_balance_of_a_wallet_that_is_on_its_way_to_another_chain_is_not_told(
    open_page: OpenPage, server: PageServer
) -> None:
    server.api.networks += [POLYGON]
    away: Step = {"does": "right", "then": {"chain": 137}}
    page = await open_page(prepare=wallet_script(Mode("goes", "sent", 0, {"eth_getBalance": [away]})))
    await page.locator("#wallet").click()
    await page.locator("#wallet-menu").get_by_role("button", name="Connect").click()
    await page.wait_for_function(
        """() => {
          const asked = window.ethereum.asked.map(({ method }) => method);
          return asked.includes('eth_getBalance') && asked.lastIndexOf('eth_chainId') > asked.indexOf('eth_getBalance');
        }"""
    )
    await expect(page.locator(".wallet-balance")).to_be_empty()


async def test_amount_on_a_network_that_the_page_does_not_know_is_in_no_coin_of_another(
    open_page: OpenPage, server: PageServer
) -> None:
    server.api.networks = []
    at = await desk(open_page, server, Mode("behaves", "sent"))
    await expect(at.card.locator(".approval-change strong")).to_have_text("− 1.5 of mainnet’s own coin")

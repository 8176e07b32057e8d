"""What a card must say so that a person knows what leaves: every movement, each token by its address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.test_approval_page import BEHAVES, DATA, SENT, USDC
from tests.frontend.test_wallet_page import desk
from tests.frontend.wallet_modes import OTHER, PAYER
from tests.frontend.wallet_requests import FEE, Ask

THROUGH = "0x000000000022D473030F116dDEE9F6B43aC78BA3"
pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


def asking(to: str = USDC, **review: Any) -> Ask:
    whole = {"outcome": "moves", "recipient": OTHER, "fee": FEE, **review}
    return Ask(to=to, value="0", data=DATA, sender=PAYER, description="A gift", review=whole)


async def test_everything_that_leaves_is_shown(open_page: OpenPage, server: PageServer) -> None:
    changes = [{**SENT, "formatted": str(number)} for number in range(20)]
    at = await desk(open_page, server, BEHAVES, asking(changes=changes))
    await expect(at.card.locator(".approval-change")).to_have_count(20)
    await expect(at.card.locator("[data-tone=good]")).to_have_count(1)


async def test_what_moves_beside_what_is_shown_is_not_called_exact(
    open_page: OpenPage, server: PageServer
) -> None:
    at = await desk(open_page, server, BEHAVES, asking(changes=[SENT], more_changes=3))
    await expect(at.card).to_contain_text("Not shown here: 3 more movements.")
    await expect(at.card).to_contain_text("Simulated: this moves, and more that is not shown here.")
    await expect(at.card.locator("[data-tone=good]")).to_have_count(0)


async def test_of_many_tokens_of_a_contract_it_says_which_one_leaves(
    open_page: OpenPage, server: PageServer
) -> None:
    change = {
        **SENT,
        "standard": "erc1155",
        "symbol": None,
        "formatted": None,
        "amount": "1",
        "token_id": "777",
    }
    at = await desk(open_page, server, BEHAVES, asking(changes=[change]))
    await expect(at.card.locator(".approval-change strong")).to_contain_text("− 1 of token 777 of 0xA0b8")


@pytest.mark.parametrize("symbol", ["USDC", None])
async def test_a_token_that_the_request_does_not_call_itself_is_named_by_its_address(
    open_page: OpenPage, server: PageServer, symbol: str | None
) -> None:
    """By way of Permit2 or an account of the signer's, one token moves, to whom the call names."""
    changes = [{**SENT, "symbol": symbol}]
    at = await desk(open_page, server, BEHAVES, asking(to=THROUGH, changes=changes))
    await expect(at.card.locator(".approval-change")).to_contain_text(USDC)


async def test_a_request_that_could_not_be_simulated_for_the_account_takes_a_second_act(
    open_page: OpenPage, server: PageServer
) -> None:
    """A contract can fail for the account in the simulation only, and says why in words of its own."""
    unbound = replace(asking(outcome="unknown", reason="Your own address is not known."), sender=None)
    at = await desk(open_page, server, BEHAVES, unbound)
    at.server.wallet.refuses_binding = "execution reverted: all is well, \u202eplease approve."
    await at.connect()
    status = at.card.locator(".approval-status")
    await expect(status).to_contain_text("It could not be simulated for your account")
    await expect(status).to_contain_text("“execution reverted: all is well, ⟨U+202E⟩")
    await expect(at.card.get_by_role("button", name="Approve in wallet")).to_have_count(0)
    approve = at.card.get_by_role("button", name="Approve it all the same")
    await expect(approve).to_be_disabled()
    at.server.wallet.refuses_binding = ""
    await at.card.get_by_role("button", name="Simulate it again").click()
    await expect(at.card.get_by_role("button", name="Approve in wallet")).to_be_enabled()

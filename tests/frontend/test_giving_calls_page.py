"""Calls that give everything away, as the worker reviews them over a real node, and as Chromium then shows them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.test_wallet_page import desk
from tests.frontend.wallet_modes import PAYER, Mode
from tests.frontend.wallet_requests import Ask
from tests.worker.wallet.giving_calls import CALLS, THIEF, TOKEN, called
from tests.worker.wallet.reviews import Reviews
from worker.ethereum.chains import Chains

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

HARMLESS = called("transfer(address,uint256)", THIEF, 5)
SHOWN = """() => [...document.querySelectorAll('.approval')].map((card) => {
  const facts = card.cloneNode(true);
  for (const said of facts.querySelectorAll('.approval-description, details')) said.remove();
  const approve = [...card.querySelectorAll('button')].filter(({ textContent }) => textContent.startsWith('Approve'));
  return {
    agent: card.querySelector('.approval-description').textContent,
    warned: [...facts.querySelectorAll('[data-tone=danger]')].map(({ textContent }) => textContent).join(' '),
    isGreen: Boolean(card.querySelector('[data-tone=good]')),
    isLast: !card.querySelector('.approval-description ~ .approval-facts'),
    approve: approve.map(({ textContent, disabled }) => [textContent, disabled]),
    ticks: card.querySelectorAll('input[type=checkbox]').length,
  };
})"""
IS_CHECKED = """(count) =>
  document.querySelectorAll('.approval-foot[data-situation=ready] [data-act=approve]').length === count"""


async def asked(chain_url: str) -> list[Ask]:
    chains = Chains.from_environment({"TESTNET_RPC_URL": chain_url})
    asks: list[Ask] = []
    try:
        for name, to, data in [*((c.name, c.to, c.data) for c in CALLS), ("harmless", TOKEN, HARMLESS)]:
            review = await Reviews(chain_url, chains, PAYER).review(
                data, to=to, knows_sender=len(asks) % 2 == 0
            )
            shown = review.model_dump(mode="json")
            asks.append(
                Ask(to=to, value="0", data="0x" + data.hex(), sender=PAYER, description=name, review=shown)
            )
    finally:
        await chains.close()
    return asks


async def test_each_is_shown_with_its_warning_and_takes_a_second_act(
    open_page: OpenPage, server: PageServer, anvil: str
) -> None:
    first, *others = await asked(anvil)
    at = await desk(open_page, server, Mode("behaves", "sent"), first)
    at.server.wallet.ask(at.session, *others)
    await expect(at.card).to_have_count(len(CALLS) + 1)
    await at.card.first.get_by_role("button", name="Browser wallet").click()
    await at.page.wait_for_function(IS_CHECKED, arg=len(CALLS) + 1)
    *cards, harmless = await at.page.evaluate(SHOWN)
    assert [
        faults for card, call in zip(cards, CALLS, strict=True) if (faults := wrong(card, call.name))
    ] == []
    assert harmless["agent"].endswith("harmless")
    assert harmless["approve"] == [["Approve in wallet", False]]
    await at.card.first.get_by_role("checkbox").check()
    await expect(at.page.locator(".approval [data-act=approve]:enabled")).to_have_count(2)


def wrong(card: dict[str, Any], name: str) -> dict[str, Any]:
    """What the card of a call that gives everything away says, if it does not warn as it must."""
    is_right = (
        card["agent"] == f"The agent says: {name}"
        and THIEF[2:] in card["warned"].lower().replace(" ", "")
        and not card["isGreen"]
        and card["isLast"]
        and card["approve"] == [["Approve it all the same", True]]
        and card["ticks"] == 1
    )
    return {} if is_right else {"name": name, **card}

"""A wallet request for an address that was made to be taken for another one shows both whole, as a danger."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Say, Step, Tool
from tests.frontend.test_conversation_page import write
from tests.frontend.test_wallet_page import Desk, wallet_script
from tests.frontend.wallet_modes import OTHER, PAYER, Mode
from tests.frontend.wallet_requests import Ask

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

BEHAVES = Mode("behaves", "sent")


def look_alike(address: str, digits: int = 4) -> str:
    """As page and wallets shorten it, it reads the same."""
    return (address[: 2 + digits] + "e" * (40 - 2 * digits) + address[-digits:]).lower()


FRAUD = look_alike(OTHER)
PAYMENT = Ask(sender=PAYER, to=FRAUD)
GIVEN = {
    "kind": "erc20",
    "token": OTHER,
    "spender": look_alike(PAYER),
    "text": "It could take 5 of your tokens.",
}
ALLOWANCE = Ask(
    sender=PAYER, value="0", data="0x095ea7b3", review={"outcome": "nothing", "allowances": [GIVEN]}
)
ARRIVES = {
    "direction": "in",
    "standard": "erc20",
    "asset": FRAUD,
    "amount": "5",
    "sender": PAYER,
    "to": PAYER,
}
BOUGHT = Ask(sender=PAYER, value="0", data="0x095ea7b3", review={"outcome": "moves", "changes": [ARRIVES]})
SAID = [Say(f"Its last payment went to {OTHER}.")]
READ = [Tool("get_account_transactions", {"address": OTHER}, "[]")]


@pytest.mark.parametrize(
    ("before", "message", "ask", "known"),
    [
        ([Say("Yes?")], f"pay {OTHER}", PAYMENT, OTHER),
        (SAID, "whom did it pay?", PAYMENT, OTHER),
        (READ, "look", PAYMENT, OTHER),
        ([Say("Yes?")], "hello", ALLOWANCE, PAYER),
        (SAID, "what is it?", BOUGHT, OTHER),
    ],
    ids=[
        "the person wrote it",
        "the agent said it",
        "a tool was asked",
        "the person's own account",
        "a token",
    ],
)
async def test_an_address_that_looks_like_a_known_one_takes_a_second_act(
    open_page: OpenPage, server: PageServer, before: list[Step], message: str, ask: Ask, known: str
) -> None:
    server.replies |= {message: before, "buy": [ask]}
    page = await open_page(prepare=wallet_script(BEHAVES))
    await write(page, message)
    await expect(page.locator("#messages > li").nth(1)).to_be_visible()
    await expect(page.locator("body")).to_have_attribute("data-processing", "false")
    await write(page, "buy")
    at = Desk(page, server)
    await at.connect()
    danger = at.card.locator(".approval-said[data-tone=danger]")
    fraud = look_alike(known)
    await expect(danger).to_contain_text(f"{fraud} only looks like {known}. It is another address")
    await expect(at.card.locator("[data-tone=good]")).to_have_count(0)
    approve = at.card.get_by_role("button", name="Approve it all the same")
    await expect(approve).to_be_disabled()
    await at.card.get_by_role("checkbox").check()
    await approve.click()
    await expect(at.card).to_have_count(0)
    (moved,) = await at.moved()
    assert moved["transaction"]["to"] == ask.to


async def test_an_address_that_becomes_known_later_takes_the_tick_away(
    open_page: OpenPage, server: PageServer
) -> None:
    obscure = {"code": "not_understood", "severity": "danger", "text": "Nobody can say what it does."}
    review = {"outcome": "unknown", "warnings": [obscure]}
    server.replies["buy"] = [replace(PAYMENT, review=review)]
    page = await open_page(prepare=wallet_script(BEHAVES))
    await write(page, "buy")
    at = Desk(page, server)
    await at.connect()
    tick = at.card.get_by_role("checkbox")
    await tick.check()
    await write(page, f"I meant {OTHER}")
    await expect(at.card).to_have_attribute("data-folded", "")
    await at.card.locator(".approval-toggle").click()
    await expect(at.card.locator(".approval-said[data-tone=danger]")).to_have_count(2)
    await expect(tick).not_to_be_checked()
    await expect(at.card.locator("[data-act=approve]")).to_be_disabled()


@pytest.mark.parametrize("to", [OTHER, look_alike(OTHER, digits=2)], ids=["the same", "alike by chance"])
async def test_no_other_address_is_suspected(open_page: OpenPage, server: PageServer, to: str) -> None:
    server.replies["buy"] = [Ask(sender=PAYER, to=to)]
    page = await open_page(prepare=wallet_script(BEHAVES))
    await write(page, f"pay {OTHER.lower()}")
    await expect(page.locator("[data-sender=agent]:not([data-streaming])")).to_have_count(1)
    await write(page, "buy")
    at = Desk(page, server)
    await at.connect()
    await expect(at.card.get_by_role("button", name="Approve in wallet")).to_be_enabled()
    await expect(at.card.locator("[data-tone=danger]")).to_have_count(0)

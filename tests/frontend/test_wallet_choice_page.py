"""Several wallets in one browser: the person can tell them apart, and uses the one that they chose last."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from playwright.async_api import Locator, Page, expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.test_conversation_page import write
from tests.frontend.test_wallet_page import SOURCE
from tests.frontend.wallet_modes import HANG, OTHER, PAYER, Steps
from tests.frontend.wallet_requests import Ask

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

SHORT = {PAYER: "0x7099…79C8", OTHER: "0x3C44…93BC"}


@dataclass(frozen=True)
class Announced:
    """A wallet that announces itself as EIP-6963 says. `handle` is the test's name for it in the page."""

    handle: str
    name: str
    rdns: str
    account: str = PAYER
    steps: Steps | None = None
    wraps: bool = False
    """True if it announces another object each time."""

    def script(self) -> str:
        plan = {"chain": 1, "account": self.account, "known": [1], "steps": self.steps or {}}
        provider = f"new Proxy(window.{self.handle}, {{}})" if self.wraps else f"window.{self.handle}"
        info = json.dumps({"uuid": self.handle, "name": self.name, "rdns": self.rdns})
        detail = f"{{ info: {info}, provider: {provider} }}"
        announce = f"dispatchEvent(new CustomEvent('eip6963:announceProvider', {{ detail: {detail} }}))"
        return (
            f"{{ {SOURCE}; window.{self.handle} = misbehavingWallet({json.dumps(plan)});"
            f" addEventListener('eip6963:requestProvider', () => {announce}); }}"
        )


async def choosing(open_page: OpenPage, server: PageServer, *wallets: Announced) -> tuple[Page, Locator]:
    server.replies["buy"] = [Ask(sender=PAYER)]
    page = await open_page(prepare="".join(each.script() for each in wallets))
    await write(page, "buy")
    return page, page.locator(".approval .wallet-choice")


async def shows(page: Page, account: str) -> None:
    await expect(page.locator("#wallet-words")).to_have_text(SHORT.get(account, "Wallet"))


async def test_a_late_answer_of_a_wallet_does_not_replace_a_newer_choice(
    open_page: OpenPage, server: PageServer
) -> None:
    slow = Announced("slow", "Slow", "io.slow", steps={"eth_requestAccounts": [HANG]})
    page, choices = await choosing(open_page, server, slow, Announced("quick", "Quick", "io.quick", OTHER))
    await choices.filter(has_text="Slow").click()
    await expect(page.locator(".approval-status")).to_have_text("Waiting for Slow: open it and answer there.")
    await expect(choices.filter(has_text="Slow")).to_be_focused()
    await choices.filter(has_text="Quick").click()
    await shows(page, OTHER)
    await expect(page.locator(".approval-status")).not_to_contain_text("Waiting for")
    await page.evaluate("slow.late.forEach((answer) => answer())")
    await page.evaluate("new Promise((done) => setTimeout(done))")
    await shows(page, OTHER)
    await page.get_by_role("button", name="Wallet: 0x3C44").click()
    await page.get_by_role("button", name="Disconnect").click()
    await page.evaluate("slow.late.forEach((answer) => answer())")
    await shows(page, "")
    await page.locator("#wallet-menu .wallet-choice", has_text="Slow").click()
    await expect(page.locator("#wallet-menu [role=status]")).to_contain_text("Waiting for Slow")


async def test_a_late_answer_is_welcome_if_the_newer_choice_came_to_nothing(
    open_page: OpenPage, server: PageServer
) -> None:
    slow = Announced("slow", "Slow", "io.slow", steps={"eth_requestAccounts": [HANG]})
    refuses = {"eth_requestAccounts": [{"does": "throw", "error": {"code": 4001}}]}
    page, choices = await choosing(open_page, server, slow, Announced("no", "No", "io.no", OTHER, refuses))
    await choices.filter(has_text="Slow").click()
    await choices.filter(has_text="No").click()
    await expect(page.locator("#toasts")).to_contain_text("You declined in your wallet.")
    await page.locator("#toasts").get_by_role("button", name="Dismiss").click()
    await expect(page.locator(".toast")).to_have_count(0)
    await page.evaluate("slow.late.forEach((answer) => answer())")
    await shows(page, PAYER)


async def test_wallets_of_one_name_are_told_apart_by_their_makers(
    open_page: OpenPage, server: PageServer
) -> None:
    real = Announced("real", "Rabbit", "io.rabbit")
    page, choices = await choosing(
        open_page, server, real, Announced("fake", "Rabbit", "example.rabbit", OTHER)
    )
    named = ["Rabbitio.rabbit", "Rabbitexample.rabbit"]
    await expect(choices).to_have_text(named)
    await page.get_by_role("button", name="Wallet").click()
    await expect(page.locator("#wallet-menu .wallet-choice")).to_have_text(
        [f"Connect {each}" for each in named]
    )
    await expect(page.get_by_text("may imitate")).to_have_count(0)


async def test_a_wallet_that_copies_another_ones_maker_is_warned_of_and_not_used_by_itself(
    open_page: OpenPage, server: PageServer
) -> None:
    real, fake = Announced("real", "Rabbit", "io.rabbit"), Announced("fake", "Rabbit 2", "io.rabbit", OTHER)
    page, choices = await choosing(open_page, server, real)
    await choices.click()
    await shows(page, PAYER)
    await page.reload()
    await shows(page, PAYER)
    await page.evaluate(fake.script())
    await page.evaluate("dispatchEvent(new Event('eip6963:requestProvider'))")
    warning = page.locator(".approval").get_by_text(
        "Rabbit (io.rabbit), Rabbit 2 (io.rabbit). One of them may imitate"
    )
    await expect(warning).to_be_visible()
    await shows(page, "")
    await choices.first.click()
    await shows(page, PAYER)


async def test_a_wallet_that_announces_itself_by_new_objects_is_offered_once(
    open_page: OpenPage, server: PageServer
) -> None:
    wraps = Announced("wraps", "Rabbit", "io.rabbit", wraps=True)
    page, choices = await choosing(open_page, server, wraps, Announced("other", "Other", "io.other", OTHER))
    await page.evaluate("dispatchEvent(new Event('eip6963:requestProvider'))")
    await expect(choices).to_have_text(["Rabbitio.rabbit", "Otherio.other"])


async def test_a_wallet_that_was_locked_is_used_again(open_page: OpenPage, server: PageServer) -> None:
    page, choices = await choosing(open_page, server, Announced("only", "Only", "io.only"))
    await choices.click()
    await shows(page, PAYER)
    await page.evaluate("only.accountsChanged([])")
    await shows(page, "")
    await page.evaluate(f"only.accountsChanged(['{PAYER}'])")
    await shows(page, PAYER)


async def test_an_account_with_a_checksum_of_another_rule_is_reported_without_it(
    open_page: OpenPage, server: PageServer
) -> None:
    page, choices = await choosing(
        open_page, server, Announced("odd", "Odd", "io.odd", f"0x{PAYER[2:].swapcase()}")
    )
    await choices.click()
    await expect(page.locator(".approval").get_by_role("button", name="Approve in wallet")).to_be_enabled()
    await expect(page.locator(".approval")).to_contain_text(PAYER)
    (session,) = server.sessions.values()
    await page.get_by_role("button", name="Wallet: 0x7099").click()
    assert session.now.wallet == PAYER.lower()

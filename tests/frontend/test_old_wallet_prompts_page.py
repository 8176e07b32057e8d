"""A wallet still asks for a request that another tab has signed, rejected or taken over: whoever confirms it there pays
a second time, which no server can prevent, so every page and every receipt says what to reject.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import CDPSession, Locator, Page, expect

from tests.fake_server.session import now
from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.test_wallet_page import Desk, desk, wallet_script
from tests.frontend.wallet_modes import HANGS, Mode
from tests.frontend.wallet_requests import change_first, lapse

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

STILL_ASKS = "Your wallet has not answered: Send 1.5 ETH to 0xd8dA…6045. If a wallet still asks for it, reject it there"
HAD_NOT_ANSWERED = "A wallet had not answered. If a wallet still asks for it, reject it there"
TAKEN_OVER = "The request was taken over or answered elsewhere"


@dataclass
class Tabs:
    """`first` has the request in its wallet, which does not answer; `other` is another with a wallet of its own."""

    first: Desk
    other: Page
    sleep: CDPSession

    @property
    def card(self) -> Locator:
        return self.other.locator(".approval")

    @property
    def still(self) -> Locator:
        return self.first.page.locator(".approval-said", has_text=STILL_ASKS)

    async def freeze(self) -> None:
        """Nothing of the page runs, and it has no network, as on a computer that sleeps."""
        for call in ("Network.enable", "Debugger.enable", "Debugger.pause"):
            await self.sleep.send(call)
        await self._network(offline=True)

    async def wake(self) -> None:
        await self._network(offline=False)
        await self.sleep.send("Debugger.disable")

    async def _network(self, *, offline: bool) -> None:
        state = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        await self.sleep.send("Network.emulateNetworkConditions", state)

    def lapse(self) -> None:
        lapse(self.first.session)

    async def take_over(self) -> None:
        """The other tab signs although the first tab's wallet never answered."""
        await self.card.get_by_role("checkbox").check()
        await self.card.get_by_role("button", name="Sign a second time").click()


async def two_tabs(open_page: OpenPage, server: PageServer, mode: Mode) -> Tabs:
    first = await desk(open_page, server, HANGS[-1])
    await first.connect()
    other = await open_page(beside=first.page)
    await other.add_init_script(wallet_script(mode))
    await other.reload()
    # Only waking makes the page look whether the request is still its own.
    await first.page.evaluate("setInterval = () => 0")
    await first.approve()
    await first.settled()
    return Tabs(first, other, await first.page.context.new_cdp_session(first.page))


async def test_a_tab_that_wakes_after_another_has_signed_says_that_its_wallet_may_still_ask(
    open_page: OpenPage, server: PageServer, pictures: Path
) -> None:
    tabs = await two_tabs(open_page, server, Mode("other", "sent"))
    await tabs.freeze()
    tabs.lapse()
    await expect(tabs.card).to_contain_text("If a wallet still asks for it, reject it there")
    await tabs.other.screenshot(path=pictures / "prompt-before-second.png")
    await tabs.take_over()
    receipt = tabs.other.locator(".receipt[data-outcome=succeeded]")
    await expect(receipt).to_contain_text(HAD_NOT_ANSWERED)
    await tabs.wake()
    await expect(tabs.still).to_be_visible()
    await expect(tabs.first.page.locator(".receipt[data-outcome=succeeded]")).to_contain_text(
        HAD_NOT_ANSWERED
    )
    await tabs.first.page.screenshot(path=pictures / "prompt-woken.png")
    await tabs.first.page.evaluate("window.ethereum.refusals.forEach((refuse) => refuse())")
    await expect(tabs.still).to_have_count(0)
    assert [reply["outcome"] for reply in tabs.first.replies()] == ["sent"]


async def test_a_tab_that_wakes_while_another_goes_on_no_longer_asks_to_sign(
    open_page: OpenPage, server: PageServer, pictures: Path
) -> None:
    tabs = await two_tabs(open_page, server, HANGS[-1])
    await tabs.freeze()
    tabs.lapse()
    await tabs.take_over()
    await tabs.wake()
    await expect(tabs.first.card).to_contain_text(TAKEN_OVER)
    await tabs.first.page.screenshot(path=pictures / "prompt-taken-over.png")
    await tabs.first.card.get_by_role("button", name="Stop waiting").click()
    await expect(tabs.first.card).to_contain_text("Another tab or device has this request in a wallet now")
    assert tabs.first.replies() == []
    await tabs.other.evaluate("for (const answer of window.ethereum.late) answer()")
    await expect(tabs.still).to_be_visible()
    await tabs.first.late()
    await expect(tabs.still).to_have_count(0)
    assert [reply["outcome"] for reply in tabs.first.replies()] == ["sent", "sent"]


async def test_rejecting_in_one_tab_says_what_is_open_in_the_wallet_of_another(
    open_page: OpenPage, server: PageServer, pictures: Path
) -> None:
    tabs = await two_tabs(open_page, server, Mode("other", "sent"))
    await expect(tabs.card).to_contain_text("If a wallet still asks for it, reject it there")
    await tabs.card.get_by_role("button", name="Reject").click()
    for page in (tabs.first.page, tabs.other):
        await expect(page.locator(".receipt[data-outcome=rejected]")).to_contain_text(HAD_NOT_ANSWERED)
    await expect(tabs.still).to_be_visible()
    await tabs.other.screenshot(path=pictures / "prompt-rejected.png")
    await tabs.first.page.evaluate("window.ethereum.refusals.forEach((refuse) => refuse())")
    await expect(tabs.still).to_have_count(0)


@pytest.mark.parametrize("was_asked", [True, False])
async def test_a_request_that_expires_in_a_wallet_says_that_the_wallet_may_still_ask(
    open_page: OpenPage, server: PageServer, was_asked: bool
) -> None:
    tabs = await two_tabs(open_page, server, Mode("other", "sent"))
    await tabs.freeze()
    tabs.lapse()
    await expect(tabs.card).to_contain_text("which never answered here")
    if not was_asked:
        change_first(tabs.first.session, claim=None)
    change_first(tabs.first.session, expires_at=now() + 1_000)
    expired = tabs.other.locator(".receipt[data-outcome=expired]")
    await expect(expired).to_be_visible()
    await expect(expired.locator(".receipt-open")).to_have_count(int(was_asked))
    await tabs.wake()
    tabs.first.session.change(approvals=[])
    await expect(tabs.still).to_be_visible()


async def test_a_tab_that_wakes_alone_goes_on_waiting_for_its_wallet(
    open_page: OpenPage, server: PageServer
) -> None:
    tabs = await two_tabs(open_page, server, Mode("other", "sent"))
    await tabs.freeze()
    tabs.lapse()
    await expect(tabs.card).to_contain_text("which never answered here")
    await tabs.wake()
    await expect(tabs.card).to_contain_text("Another tab or device has this request in a wallet now")
    await expect(tabs.first.card).to_contain_text("Open your wallet")
    await tabs.first.late()
    await expect(tabs.first.card).to_have_count(0)
    receipt = tabs.first.page.locator(".receipt[data-outcome=succeeded]")
    await expect(receipt).to_be_visible()
    await expect(receipt).not_to_contain_text("had not answered")


async def test_a_request_in_a_wallet_is_still_this_pages_own_after_a_look_at_another_conversation(
    open_page: OpenPage, server: PageServer
) -> None:
    at = await desk(open_page, server, HANGS[-1])
    await at.connect()
    await at.approve()
    await at.settled()
    await at.page.get_by_role("button", name="New conversation").click()
    await at.page.locator(".session-open").first.click()
    await expect(at.card).to_contain_text("Open your wallet")
    await at.late()
    await expect(at.page.locator(".receipt[data-outcome=succeeded]")).to_be_visible()

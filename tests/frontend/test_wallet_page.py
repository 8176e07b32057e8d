"""Wallet requests on the page with a wallet that misbehaves: what is signed, what is shown, what the server is told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.fake_server.http_routes import problem
from tests.fake_server.session import SimulatedSession
from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.test_conversation_page import write
from tests.frontend.wallet_modes import FIRST_HASH, HANGS, MODES, OTHER, PAYER, UNLISTED, Mode, drawn
from tests.frontend.wallet_requests import Ask
from tests.properties import sampled
from tests.unlisted import tried

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

SOURCE = (Path(__file__).parent / "misbehaving_wallet.js").read_text().replace("export ", "")
COMPOSED = 6


def wallet_script(mode: Mode, name: str = "ethereum") -> str:
    plan = {"chain": mode.chain, "account": PAYER, "known": mode.known, "steps": mode.steps}
    return f"{{ {SOURCE}; window.{name} = misbehavingWallet({json.dumps(plan)}); }}"


@dataclass
class Desk:
    """One page before one wallet request."""

    page: Page
    server: PageServer

    @property
    def session(self) -> SimulatedSession:
        return self.server.the_session

    @property
    def card(self) -> Locator:
        return self.page.locator(".approval")

    async def moved(self) -> list[Any]:
        return await self.page.evaluate("window.ethereum.moved")

    async def late(self) -> None:
        await self.page.evaluate("for (const answer of window.ethereum.late) try { answer() } catch {}")

    async def connect(self) -> None:
        await self.card.get_by_role("button", name="Browser wallet").click()

    async def approve(self) -> None:
        button = self.card.get_by_role("button", name="Approve in wallet")
        await expect(button).to_be_enabled()
        await button.click()

    async def settled(self) -> None:
        """Nothing is under way any more, or the wallet hangs."""
        await self.page.wait_for_function(
            """() => {
              const foot = document.querySelector('.approval-foot');
              const now = foot?.dataset.situation;
              const isIdle = !['working', 'told', 'binding'].includes(now) && !document.querySelector('[data-waiting]');
              const isStarted = now !== 'ready' || foot.querySelector('.approval-problem:not(:empty), .approval-tick');
              return (isIdle && isStarted) || window.ethereum.late.length > 0;
            }"""
        )

    def replies(self) -> list[Any]:
        return [each["approval"] for each in self.server.system_messages if "approval" in each]


async def desk(open_page: OpenPage, server: PageServer, mode: Mode, ask: Ask | None = None) -> Desk:
    server.replies["buy"] = [ask or Ask(sender=PAYER)]
    page = await open_page(prepare=wallet_script(mode))
    await write(page, "buy")
    await expect(page.locator(".approval")).to_be_visible()
    return Desk(page, server)


async def check_invariants(at: Desk) -> None:
    """On no other chain, from no other account, once; what moved is not denied; the card is what the server has."""
    moved = await at.moved()
    assert [(each["chain"], each["account"]) for each in moved] in ([], [(1, PAYER)])
    replies = at.replies()
    outcomes = [reply["outcome"] for reply in replies]
    assert len(outcomes) <= 1
    if moved:
        assert outcomes in (["sent"], ["unknown"])
    assert await at.card.count() == len(at.session.now.approvals)
    if at.session.now.approvals:
        await expect(at.card.get_by_role("button", name="Reject")).to_be_enabled()


@pytest.mark.hypothesis
@pytest.mark.parametrize("mode", sampled(MODES, 3), ids=lambda mode: mode.name)
async def test_reported_way(open_page: OpenPage, server: PageServer, mode: Mode) -> None:
    at = await desk(open_page, server, mode)
    await at.connect()
    await at.approve()
    await at.settled()
    await check_invariants(at)
    assert len(await at.moved()) == mode.moved
    ends = [reply["outcome"] for reply in at.replies()]
    assert ends == ([mode.ends] if mode.ends in {"sent", "unknown"} else [])
    if mode.ends == "sent":
        await expect(at.page.locator(".receipt[data-outcome=succeeded]")).to_be_visible()
    elif mode.ends == "unknown":
        await expect(at.card).to_contain_text("gave no usable answer")
        await expect(at.card.get_by_role("button", name="Sign a second time")).to_be_disabled()
    else:
        await expect(at.card.locator(".approval-problem")).not_to_be_empty()
        assert at.session.now.approvals[0].claim is None


@pytest.mark.parametrize("mode", HANGS, ids=lambda mode: mode.name)
async def test_wallet_that_hangs_leaves_a_way_out(
    open_page: OpenPage, server: PageServer, mode: Mode
) -> None:
    """Rejecting works while the wallet hangs. What it sends afterwards all the same is told to the server."""
    at = await desk(open_page, server, mode)
    await at.connect()
    await at.approve()
    await expect(at.card.locator(".approval-status")).to_contain_text("Open your wallet")
    await at.settled()
    await at.card.get_by_role("button", name="Reject").click()
    await expect(at.card).to_have_count(0)
    await expect(at.page.locator(".receipt[data-outcome=rejected]")).to_be_visible()
    await at.late()
    is_late = mode.ends == "unknown"
    await at.page.wait_for_function("(count) => window.ethereum.moved.length === count", arg=int(is_late))
    if is_late:
        await expect(at.page.locator("[data-outcome=succeeded], [data-outcome=reported]")).not_to_have_count(
            0
        )
    assert [reply["outcome"] for reply in at.replies()] == ["rejected", *(["sent"] if is_late else [])]


async def test_waiting_for_a_wallet_can_be_stopped(open_page: OpenPage, server: PageServer) -> None:
    at = await desk(open_page, server, HANGS[-1])
    await at.connect()
    await at.approve()
    await at.settled()
    await at.card.get_by_role("button", name="Stop waiting").click()
    again = at.card.get_by_role("button", name="Sign a second time")
    await expect(again).to_be_disabled()
    assert [reply["outcome"] for reply in at.replies()] == ["unknown"]


@pytest.mark.hypothesis
@pytest.mark.timeout(600)
async def test_ways_that_nobody_reported(open_page: OpenPage, server: PageServer) -> None:
    for mode in drawn(UNLISTED, COMPOSED):
        tried("wallet behaviours in the page", (mode.chain, mode.known, mode.steps))
        await server.reset()
        at = await desk(open_page, server, mode)
        await at.connect()
        await at.approve()
        await at.settled()
        await check_invariants(at)
        await at.page.close()


async def test_two_tabs_send_once(open_page: OpenPage, server: PageServer) -> None:
    """The second tab hears at once that the first has the request in its wallet."""
    at = await desk(open_page, server, HANGS[-1])
    await at.connect()
    other = await open_page(beside=at.page)
    await other.add_init_script(wallet_script(Mode("other", "sent")))
    await other.reload()
    await at.approve()
    await expect(other.locator(".approval-status")).to_contain_text("Another tab or device has this request")
    await expect(other.locator(".approval").get_by_role("button", name="Approve in wallet")).to_be_disabled()
    await at.late()
    await expect(other.locator(".approval")).to_have_count(0)
    await expect(other.locator(".receipt[data-outcome=succeeded]")).to_be_visible()
    assert len(server.system_messages) == 1


async def test_claim_that_comes_too_late_sends_nothing(open_page: OpenPage, server: PageServer) -> None:
    """The server is the judge, not what the page knows."""
    at = await desk(open_page, server, Mode("behaves", "sent"))

    async def claimed_just_before(route: Route) -> None:
        body = {**(route.request.post_data_json or {}), "claim_id": "another-device"}
        at.server.wallet.claim(at.session, body)
        await route.continue_()

    await at.page.route("**/api/approvals/claim", claimed_just_before, times=1)
    await at.connect()
    await at.approve()
    await expect(at.card.locator(".approval-problem")).to_contain_text("Another tab or device")
    assert await at.moved() == []


async def test_request_for_another_account_is_not_signed(open_page: OpenPage, server: PageServer) -> None:
    at = await desk(open_page, server, Mode("behaves", "sent"), Ask(sender=OTHER))
    await at.connect()
    status = at.card.locator(".approval-status")
    await expect(status).to_contain_text(f"This request is for {OTHER}, and your wallet shows {PAYER}")
    await expect(at.card.get_by_role("button", name="Approve")).to_have_count(0)
    await at.card.get_by_role("button", name="Use this account").click()
    await at.approve()
    await expect(at.card).to_have_count(0)
    assert [each["account"] for each in await at.moved()] == [PAYER]


async def test_request_is_simulated_again_when_the_account_is_known(
    open_page: OpenPage, server: PageServer
) -> None:
    at = await desk(open_page, server, Mode("behaves", "sent"), Ask())
    await expect(at.card).to_contain_text("the account you choose in your wallet")
    await at.connect()
    await expect(at.card.locator(".approval-facts")).to_contain_text(PAYER)
    await expect(at.card.get_by_role("button", name="Approve in wallet")).to_be_enabled()
    assert at.session.now.approvals[0].transaction.sender == PAYER
    assert at.session.now.wallet == PAYER.lower()


async def test_several_wallets_are_chosen_in_the_card(open_page: OpenPage, server: PageServer) -> None:
    announced = (
        wallet_script(Mode("behaves", "sent"), "second")
        + """
      const announce = () => dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: {
        info: { name: 'Rabbit', rdns: 'io.rabbit', icon: 'data:image/svg+xml,<svg/>' }, provider: window.second,
      } }));
      addEventListener('eip6963:requestProvider', announce);
    """
    )
    server.replies["buy"] = [Ask(sender=PAYER)]
    page = await open_page(prepare=wallet_script(Mode("behaves", "sent")) + announced)
    await write(page, "buy")
    choices = page.get_by_role("group", name="Which wallet shall sign?")
    await expect(choices.get_by_role("button")).to_have_text(["Browser wallet", "Rabbitio.rabbit"])
    assert await page.evaluate("window.ethereum.asked.length") == 0
    await choices.get_by_role("button", name="Rabbit").click()
    await page.locator(".approval").get_by_role("button", name="Approve in wallet").click()
    await expect(page.locator(".approval")).to_have_count(0)
    assert await page.evaluate("[window.ethereum.moved.length, window.second.moved.length]") == [0, 1]
    await page.reload()
    await expect(page.locator("#wallet-words")).to_have_text("0x7099…79C8")
    await page.get_by_role("button", name="Wallet: 0x7099").click()
    await page.get_by_role("button", name="Disconnect").click()
    await page.reload()
    await page.wait_for_selector("[data-connection=connected]")
    await expect(page.locator("#wallet-words")).to_have_text("Wallet")


@pytest.mark.parametrize("hostile", [
    "Object.defineProperty(window, 'ethereum', { get() { throw new Error('locked') } });",
    "{ const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); window.ethereum = proxy; }",
])  # fmt: skip
async def test_a_wallet_that_cannot_even_be_read_leaves_the_page_and_the_other_wallets(
    open_page: OpenPage, server: PageServer, hostile: str
) -> None:
    announced = """
      const announce = (detail) => dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
      addEventListener('eip6963:requestProvider', () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        [null, proxy, { info: proxy }, { provider: proxy }, { info: {}, provider: 1 }].forEach(announce);
        announce({ info: proxy, provider: window.second });
      });
    """
    prepare = hostile + wallet_script(Mode("behaves", "sent"), "second") + announced
    server.replies["buy"] = [Ask(sender=PAYER)]
    page = await open_page(prepare=prepare)
    await write(page, "buy")
    await page.locator(".approval").get_by_role("button", name="Connect Wallet").click()
    await expect(page.locator("#wallet-words")).to_have_text("0x7099…79C8")


async def test_what_was_sent_and_not_found_stays_on_the_card_until_it_is_told_what_it_did(
    open_page: OpenPage, server: PageServer
) -> None:
    at = await desk(open_page, server, Mode("behaves", "sent"))
    at.server.wallet.verdict = "not_found"
    await at.connect()
    again = at.card.get_by_role("button", name="Sign a second time")
    server.api.canned["/api/system"].append(problem(403, "Forbidden", "Not now."))
    await at.approve()
    await expect(at.page.locator("#waiting")).to_contain_text("The server does not know this yet. Not now.")
    await expect(at.card).to_contain_text("Sent. The server does not know it yet.")
    await at.page.get_by_role("button", name="Discard").click()
    await expect(at.card).to_contain_text(f"Sent as {FIRST_HASH}, and the server could not be told.")
    await expect(again).to_be_disabled()
    await at.card.get_by_role("checkbox").check()
    await again.click()
    await expect(again).to_be_disabled()
    (_, sent) = at.replies()
    for _ in range(2):
        await expect(at.card).to_contain_text(
            f"Sent as {sent['transaction_hash']}, not found on the chain yet."
        )
        await expect(at.page.locator(".receipt[data-outcome=not_found]")).to_be_visible()
        await at.page.reload()
    at.server.wallet.verdict = "succeeded"
    at.server.wallet.unexpected = [f"{PAYER} could take all of your token."]
    await at.card.get_by_role("checkbox").check()
    await again.click()
    await expect(at.card).to_have_count(0)
    done = at.page.locator(".receipt[data-outcome=succeeded][data-tone=warning]")
    await expect(done).to_contain_text("It did not do exactly what was shown before you signed it:")
    await expect(done).to_contain_text(f"{PAYER} could take all of your token.")
    assert [claim.again for claim in at.server.wallet.claims] == [False, True, True]

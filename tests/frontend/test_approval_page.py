"""The card of a wallet request: built from the review, signed only after all checks, and what remains of it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import expect

from tests.fake_server.http_routes import problem
from tests.fake_server.session import now
from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Say
from tests.frontend.test_conversation_page import write
from tests.frontend.test_wallet_page import Desk, desk, wallet_script
from tests.frontend.wallet_modes import OTHER, PAYER, Mode
from tests.frontend.wallet_requests import FEE, Ask, change_first

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
DATA = "0xa9059cbb" + OTHER[2:].lower().rjust(64, "0") + f"{25_000_000:x}".rjust(64, "0")
BEHAVES = Mode("behaves", "sent")
ALL = f"{OTHER} may take ALL your USDC, at any time."
OUT = {"direction": "out", "standard": "erc20", "asset": USDC, "symbol": "USDC", "amount": "25000000"}
SENT = {**OUT, "formatted": "25", "sender": PAYER, "to": OTHER}
GIVEN = {"kind": "erc20", "token": USDC, "spender": OTHER, "unlimited": True, "text": ALL}
OBSCURE = {"code": "not_understood", "severity": "danger", "text": "Nobody can say what this call does."}


def asking(**review: Any) -> Ask:
    whole = {"outcome": "moves", "recipient": OTHER, "fee": FEE, **review}
    return Ask(to=USDC, value="0", data=DATA, sender=PAYER, description="A gift", review=whole)


async def test_what_leaves_comes_first_and_the_agents_words_last(
    open_page: OpenPage, server: PageServer
) -> None:
    at = await desk(open_page, server, BEHAVES, asking(changes=[SENT]))
    text = await at.card.inner_text()
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines[2:4] == ["You give", "− 25 USDC"] or "− 25 USDC" in lines[2]
    facts = at.card.locator(".approval-facts")
    await expect(facts).to_contain_text(
        f"To{OTHER}Token{USDC}Fee≈ 0.000042 ETHNetworkEthereum (chain 1)From{PAYER}"
    )
    assert "Amount" not in await facts.inner_text()
    words = at.card.locator(".approval-description")
    await expect(words).to_have_text("The agent says: A gift")
    await expect(at.card.locator("[data-tone=good]")).to_have_count(1)


@pytest.mark.parametrize(
    ("review", "shown"),
    [
        ({"outcome": "nothing", "allowances": [GIVEN]}, ALL),
        ({"outcome": "moves", "changes": [SENT], "warnings": [OBSCURE]}, OBSCURE["text"]),
    ],
    ids=["an allowance", "a warning"],
)
async def test_danger_takes_a_second_act_of_another_kind(
    open_page: OpenPage, server: PageServer, review: dict[str, Any], shown: str
) -> None:
    at = await desk(open_page, server, BEHAVES, asking(**review))
    await _approve_danger(at, shown)


async def test_a_severity_of_a_newer_server_is_danger(open_page: OpenPage, server: PageServer) -> None:
    server.alters = of_tomorrow
    at = await desk(open_page, server, BEHAVES, asking(outcome="moves", warnings=[OBSCURE]))
    await _approve_danger(at, OBSCURE["text"])


def of_tomorrow(told: dict[str, Any]) -> None:
    for approval in told.get("approvals", []):
        for warning in approval["review"]["warnings"]:
            warning["severity"] = "of tomorrow"


async def _approve_danger(at: Desk, shown: str) -> None:
    """Approve as far as the page lets a person whose request is dangerous: by a second act of another kind."""
    await at.connect()
    await expect(at.card.locator("[data-tone=danger]")).to_contain_text(shown)
    await expect(at.card.locator("[data-tone=good]")).to_have_count(0)
    await expect(at.card.get_by_role("button", name="Approve in wallet")).to_have_count(0)
    approve = at.card.get_by_role("button", name="Approve it all the same")
    await expect(approve).to_be_disabled()
    assert "primary" not in (await approve.get_attribute("class") or "")
    await at.card.get_by_role("checkbox").check()
    await approve.click()
    await expect(at.card).to_have_count(0)
    assert len(await at.moved()) == 1


@pytest.mark.parametrize("outcome", ["unknown", "nothing"])
async def test_only_what_was_seen_to_move_is_green(
    open_page: OpenPage, server: PageServer, outcome: str
) -> None:
    at = await desk(open_page, server, BEHAVES, asking(outcome=outcome, reason="No node could be asked."))
    await expect(at.card.locator("[data-tone=good]")).to_have_count(0)
    tone = "warning" if outcome == "unknown" else "info"
    await expect(at.card.locator(f".approval-said[data-tone={tone}]")).to_be_visible()


async def test_request_that_was_cut_is_fetched_whole_before_it_is_signed(
    open_page: OpenPage, server: PageServer
) -> None:
    """`framing` cuts it; HTTP has the whole."""
    shown: list[Any] = []
    server.alters = lambda told: shown.extend(told.get("approvals", []))
    server.replies["buy"] = [replace(asking(changes=[SENT]), data=DATA + "00" * 3000)]
    page = await open_page(prepare=wallet_script(BEHAVES))
    await write(page, "buy")
    await page.locator(".approval").get_by_role("button", name="Browser wallet").click()
    await page.locator(".approval").get_by_role("button", name="Approve in wallet").click()
    await expect(page.locator(".approval")).to_have_count(0)
    (moved,) = await page.evaluate("window.ethereum.moved")
    assert moved["transaction"]["data"] == DATA + "00" * 3000
    assert server.the_session.now.approvals == []
    assert any(each["truncated"] for each in shown)


@pytest.mark.parametrize(
    "forged",
    [
        {"value": "1"},
        {"to": OTHER},
        {"chain_id": 137},
        {"digest": "0" * 64},
        {"data": "0x"},
        {"sender": OTHER},
        {"calls": []},
    ],
    ids=lambda forged: next(iter(forged)),
)
async def test_what_the_digest_does_not_stand_for_cannot_be_signed(
    open_page: OpenPage, server: PageServer, forged: dict[str, Any]
) -> None:
    def forge(told: dict[str, Any]) -> None:
        for approval in told.get("approvals", []):
            approval.update(forged | ({"value": "1"} if "calls" in forged else {}))

    server.replies["buy"] = [asking(changes=[SENT])]
    server.alters = forge
    page = await open_page(prepare=wallet_script(BEHAVES))
    await write(page, "buy")
    card = page.locator(".approval")
    await expect(card.locator(".approval-status")).to_contain_text("It cannot be signed.")
    await expect(card.get_by_role("button", name="Approve")).to_have_count(0)
    await card.get_by_role("button", name="Reject").click()
    await expect(card).to_have_count(0)


async def test_page_that_may_compute_no_digest_says_what_to_do(
    open_page: OpenPage, server: PageServer
) -> None:
    insecure = "Object.defineProperty(crypto, 'subtle', { value: undefined });"
    server.replies["buy"] = [asking(changes=[SENT])]
    page = await open_page(prepare=insecure + wallet_script(BEHAVES))
    await write(page, "buy")
    card = page.locator(".approval")
    await expect(card.locator(".approval-status")).to_contain_text("Open it over https")
    await expect(card.get_by_role("button", name="Approve")).to_have_count(0)
    await expect(card.get_by_role("button", name="Reject")).to_be_enabled()


async def test_rejected_request_leaves_no_green_tick_also_after_a_reload(
    open_page: OpenPage, server: PageServer
) -> None:
    at = await desk(open_page, server, BEHAVES, asking(changes=[SENT]))
    tool = at.page.locator(".tool")
    await expect(tool).to_contain_text("waits for your signature")
    await at.card.get_by_text("Reject with a reason").click()
    reason = at.card.get_by_label("Your reason, for the agent")
    await expect(reason).to_be_focused()
    await reason.fill(f"  Wrong account: {'x' * 500}")
    at.session.change()
    await reason.press("Enter")
    await expect(at.card).to_have_count(0)
    await expect(at.page.locator("#composer-text")).to_be_focused()
    (reply,) = at.replies()
    assert (reply["outcome"], reply["reason"]) == ("rejected", f"Wrong account: {'x' * 500}"[:498])
    for _ in range(2):
        await expect(at.page.locator(".receipt")).to_contain_text("Rejected, nothing was signed")
        await expect(at.page.locator(".receipt > div > p")).to_contain_text("“Wrong account: x")
        await expect(tool).to_have_attribute("data-request", "neutral")
        await expect(tool).to_contain_text("rejected")
        await at.page.reload()


async def test_expired_request_leaves_no_green_tick_after_a_reload(
    open_page: OpenPage, server: PageServer
) -> None:
    at = await desk(open_page, server, BEHAVES, asking(changes=[SENT]))
    at.session.change(approvals=[])
    await at.page.reload()
    await expect(at.page.locator(".tool")).to_have_attribute("data-request", "neutral")
    await expect(at.page.locator(".tool")).to_contain_text("expired")


async def test_time_left_goes_on_by_itself(open_page: OpenPage, server: PageServer) -> None:
    at = await desk(open_page, server, BEHAVES, asking(changes=[SENT]))
    change_first(at.session, expires_at=now() + 50_000)
    expiry = at.card.locator(".approval-expiry")
    await expect(expiry).to_contain_text("s")
    before = await expiry.inner_text()
    await expect(expiry).not_to_have_text(before)


async def test_request_calls_the_person(open_page: OpenPage, server: PageServer) -> None:
    """A screen reader speaks; the tab's title and icon and the list say it, also from another conversation."""
    server.replies["buy"] = [Say("Prepared."), asking(changes=[SENT])]
    page = await open_page(prepare=wallet_script(BEHAVES))
    await write(page, "buy")
    words = f"Your signature is needed: Send 25 USDC to {OTHER[:6]}…{OTHER[-4:]}."
    await expect(page.locator("#announcements")).to_contain_text(words)
    await expect(page).to_have_title("(1) Sign: buy · forge")
    icon = page.locator("link[rel=icon]")
    await expect(icon).to_have_attribute("href", re.compile(r"icon\.svg#needs-you$"))
    await expect(page.locator(".session-time")).to_have_text("sign")
    await page.get_by_role("button", name="New conversation").click()
    await expect(page).to_have_title("(1) Sign in another conversation: forge")
    await page.locator(".session-open").first.click()
    card = page.locator(".approval")
    await expect(card).not_to_have_attribute("data-folded", "")
    server.api.held["/api/chat"] = asyncio.Event()
    server.api.canned["/api/chat"].append(problem(409, "Conflict", "The session is busy."))
    await write(page, "on its way")  # it would be out of sight above the open card
    await expect(card).to_have_attribute("data-folded", "")
    server.api.held["/api/chat"].set()
    await page.get_by_role("button", name="Discard").click()
    await card.locator(".approval-toggle").click()
    await card.get_by_role("button", name="Reject").click()
    await expect(page).to_have_title("buy · forge")
    await expect(icon).to_have_attribute("href", re.compile(r"icon\.svg$"))


async def test_a_payment_to_oneself_is_told_as_one(open_page: OpenPage, server: PageServer) -> None:
    own = {"direction": "other", "standard": "native", "amount": "5", "sender": PAYER, "to": PAYER}
    review = {"outcome": "moves", "recipient": PAYER, "changes": [own]}
    at = await desk(open_page, server, BEHAVES, Ask(sender=PAYER, to=PAYER, value="5", review=review))
    await expect(at.card.locator(".approval-said")).to_have_text(
        "Simulated: your account pays itself; nothing leaves it."
    )

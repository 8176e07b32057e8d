"""The list of conversations, networks, wallets, small screens and dark ones."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Page, expect

from tests.fake_server.session import now
from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Say
from tests.frontend.test_conversation_page import ADDRESS, write
from tests.frontend.wallet_requests import Ask, change_first

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

HASH = "0x" + "ab" * 32
WALLET = """
window.asked = [];
window.ethereum = { async request({ method, params }) {
  window.asked.push({ method, params });
  if (method === 'eth_chainId') return window.chain ?? '0x89';
  if (method === 'wallet_switchEthereumChain') window.chain = params[0].chainId;
  if (method.endsWith('ccounts')) return ['%s'];
  if (method === 'eth_sendTransaction' && window.declines) throw { code: 4001, message: 'no' };
  return method === 'eth_sendTransaction' ? '%s' : null;
} };
""" % (ADDRESS, HASH)  # noqa: UP031


async def test_conversations_are_listed_found_renamed_and_deleted(open_page: OpenPage) -> None:
    page = await open_page()
    listed = page.locator(".session-title")
    await write(page, "first talk")
    await expect(listed).to_have_text(["first talk"])
    await page.get_by_role("button", name="New conversation").click()
    await expect(page.locator("#empty-state")).to_be_visible()
    await write(page, "second talk")
    await expect(listed).to_have_text(["second talk", "first talk"])
    await page.get_by_placeholder("Search").fill("fir")
    await expect(listed).to_have_text(["first talk"])
    await listed.click()
    await expect(page.locator("[data-sender=user] .bubble")).to_have_text("first talk")
    await page.get_by_role("button", name="Rename first talk").click()
    await page.get_by_label("Title").fill("fir tree")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="fir tree")).to_be_visible()
    await page.get_by_role("button", name="Delete fir tree").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    # Once the next conversation is open: it takes the focus, and with it the key that would empty the field.
    await expect(page.locator("[data-sender=user] .bubble")).to_have_text("second talk")
    await page.get_by_placeholder("Search").fill("")
    await expect(listed).to_have_text(["second talk"])


async def test_network_is_switched_and_links_lead_to_its_explorer(open_page: OpenPage) -> None:
    page = await open_page()
    await write(page, ADDRESS)
    link = page.locator("[data-sender=agent] .hex-text")
    await expect(link).to_have_text(ADDRESS)
    assert await link.get_attribute("href") is None
    await page.get_by_role("button", name="Test network").click()
    await page.get_by_role("menuitemradio", name="Base").click()
    await expect(page.locator("#network-name")).to_have_text("Base")
    await expect(link).to_have_attribute("href", f"https://basescan.org/address/{ADDRESS}")
    await page.route(
        "**/api/mcp-command",
        lambda route: route.fulfill(json={"success": False, "message": "No such network"}),
    )
    await page.get_by_role("button", name="Base").click()
    await page.get_by_role("menuitemradio", name="Ethereum").click()
    await expect(page.get_by_role("alert")).to_have_text("No such network")
    await expect(page.locator("#network-name")).to_have_text("Base")


async def test_approval_is_signed_by_the_wallet_and_answered(open_page: OpenPage, server: PageServer) -> None:
    server.replies["buy"] = [Say("Prepared."), Ask()]
    page = await open_page(prepare=WALLET)
    await write(page, "buy")
    card = page.locator(".approval")
    await expect(card).to_contain_text("− 1.5 ETH")
    await card.get_by_role("button", name="Browser wallet").click()
    await expect(card).to_contain_text("Ethereum (chain 1)")
    await page.evaluate("window.declines = true")
    await card.get_by_role("button", name="Approve").click()
    await expect(card).to_contain_text("You declined in your wallet.")
    await page.evaluate("window.declines = false")
    await card.get_by_role("button", name="Approve").click()
    await expect(card).to_have_count(0)
    asked = await page.evaluate(
        "window.asked.filter(({ method }) => method === 'eth_sendTransaction').at(-1).params[0]"
    )
    assert (asked["value"], asked["gas"], asked["from"]) == ("0x14d1120d7b160000", "0x5208", ADDRESS)
    reply = server.system_messages[-1]
    assert reply["message"] == f"Transaction sent: {HASH}"
    assert reply["approval"]["outcome"] == "sent"
    assert reply["approval"]["transaction_hash"] == HASH


ANNOUNCED = """
addEventListener('eip6963:requestProvider', () => dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: {
  info: { name: 'Rabbit Wallet' },
  provider: { request: async ({ method }) => (method === 'eth_requestAccounts' ? ['ADDRESS'] : []) },
} })));
""".replace("ADDRESS", ADDRESS)


async def test_wallet_that_announces_itself_is_connected_by_its_name(open_page: OpenPage) -> None:
    page = await open_page(prepare=ANNOUNCED)
    await page.get_by_role("button", name="Wallet", exact=True).click()
    await page.get_by_role("button", name="Connect Rabbit Wallet").click()
    await expect(page.locator("#wallet-words")).to_have_text("0x7099…79C8")
    await page.get_by_role("button", name="Disconnect").click()
    await expect(page.locator("#wallet-words")).to_have_text("Wallet")


async def test_approval_that_nobody_answers_in_time_is_said_to_have_expired(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["buy"] = [Ask()]
    page = await open_page(prepare=WALLET)
    await write(page, "buy")
    await expect(page.locator(".approval")).to_be_visible()
    session = server.the_session
    change_first(session, expires_at=now() + 1_000)
    expired = page.locator(".receipt[data-outcome=expired]")
    await expect(expired).to_contain_text("Send 1.5 ETH to 0xd8dA…6045 · Expired without an answer")
    await expect(page.locator(".approval")).to_have_count(0)
    session.change(approvals=[])
    await write(page, "and now?")
    await expect(expired).to_have_count(0)


async def test_list_of_conversations_is_a_drawer_on_a_phone(open_page: OpenPage) -> None:
    page = await open_page(
        viewport={"width": 375, "height": 740}, color_scheme="dark", has_touch=True, is_mobile=True
    )
    await write(page, "x" * 400)
    await page.get_by_role("button", name="Conversations").click()
    await expect(page.locator(".session-title")).to_be_in_viewport()
    await page.keyboard.press("Escape")
    await expect(page.locator(".session-title")).not_to_be_in_viewport()
    assert await page.evaluate("document.documentElement.scrollWidth") == 375
    await page.locator("#composer-text").fill("it is cut where the screen is narrower")
    await page.set_viewport_size({"width": 320, "height": 256})  # also a wide screen at 400 %
    await page.wait_for_function(
        "() => { const box = document.querySelector('#composer-text'); return box.scrollHeight <= box.clientHeight; }"
    )
    for opener, menu in (("#network", "#network-menu"), ("#wallet", "#wallet-menu")):
        await page.locator(opener).click()
        box = await page.locator(menu).bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= 320 - box["width"]
        await page.keyboard.press("Escape")
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 19, 22)"


async def test_chosen_theme_is_kept(open_page: OpenPage) -> None:
    page = await open_page()
    await page.get_by_role("button", name="Theme: as the system").click()
    await page.get_by_role("button", name="Theme: light").click()
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def open_with(count: int, content: str, open_page: OpenPage, server: PageServer) -> Page:
    """A page that opens a conversation of `count` messages; in `content` the place of a message's number is `{}`."""
    page = await open_page()
    await write(page, "hello")
    await expect(page.locator("[data-sender=agent]:not([data-streaming])")).to_be_visible()
    session = server.the_session
    session.add(*(session.draft("agent", content.format(seq)) for seq in range(2, count)))
    await page.reload()
    return page


COUNTED = """messages => {
  window.changedInside = window.changedElsewhere = 0;
  const last = messages.lastElementChild;
  new MutationObserver((records) => {
    for (const { target } of records)
      if (last.contains(target)) window.changedInside += 1;
      else window.changedElsewhere += 1;
  }).observe(messages, { childList: true, characterData: true, attributes: true, subtree: true });
}"""
"""Counts changes of the page inside the answer that streams, and elsewhere among the messages."""


STAYS_AT_THE_TOP = """scroller => {
  const look = () => {
    scroller.scrollTop = 0;
    requestAnimationFrame(look);
  };
  look();
}"""
"""As somebody who holds the Home key, or the scroll bar."""


async def test_an_answer_that_streams_changes_nothing_of_two_thousand_messages_before_it(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_with(2000, "Message **{}** of many.\n\n- a\n- b", open_page, server)
    await expect(page.get_by_text("Message 1999 of many.")).to_be_in_viewport()
    server.replies["story"] = [Say("A long **answer** of many words. " * 150, piece=20, pause=0.003)]
    await write(page, "story")
    await expect(page.locator("[data-streaming]")).to_be_attached()
    await page.locator("#messages").evaluate(COUNTED)
    answer = page.locator("[data-sender=agent]:not([data-streaming])").last
    await expect(answer).to_contain_text("A long answer of many words. " * 150)
    inside, elsewhere = await page.evaluate("[window.changedInside, window.changedElsewhere]")
    assert elsewhere < 20 < inside
    built = await page.locator("[data-seq]").count()
    assert built < 100
    await page.locator("#conversation").evaluate(STAYS_AT_THE_TOP)
    await expect(page.locator("[data-seq]").nth(built + 200)).to_be_attached()


async def test_a_long_conversation_opens_at_its_end_and_its_beginning_comes_by_scrolling_up(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_with(550, "Message {} of many.", open_page, server)
    await expect(page.get_by_text("Message 549 of many.")).to_be_in_viewport()
    asked = [frame for heard in server.heard if (frame := json.loads(heard))["type"] == "sync"][-1]
    assert asked["newest"] < 549
    await page.keyboard.press("Control+f")  # what is not built cannot be found
    await expect(page.locator(f"[data-seq='{549 - asked['newest'] + 1}']")).to_be_attached()
    first = page.locator("[data-seq='0']")
    scroller = page.locator("#conversation")
    while not await first.count():
        before = await page.locator("[data-seq]").count()
        await scroller.evaluate("scroller => { scroller.scrollTop = 0 }")
        await expect(page.locator("[data-seq]").nth(before)).to_be_attached()
    shown = await page.locator("[data-seq]").evaluate_all("all => all.map(each => Number(each.dataset.seq))")
    assert shown == list(range(550))

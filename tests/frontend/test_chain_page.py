"""The local test network on the page, with a real node: its blocks and accounts, and the wallet that signs on it."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.frontend.conftest import HURRIED, OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Ask, Say
from tests.frontend.test_conversation_page import write

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.chain]

BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
GRACE = "0x976EA74026E726554dB657fA54763abd0C3a0aa9"
ONE_AND_A_HALF = 15 * 10**17


async def rpc(url: str, method: str, *params: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        return (await response.json())["result"]


async def choose_wallet(page: Page, name: str) -> None:
    await page.get_by_role("button", name="Wallet", exact=True).click()
    await page.get_by_role("group", name="Development wallet").get_by_role("button", name=name).click()
    await expect(page.locator("#wallet-words")).to_have_text(name)


async def test_chain_panel_shows_blocks_as_they_come_and_accounts_to_copy(
    open_page: OpenPage, server: PageServer, anvil: str
) -> None:
    server.chain_url = anvil
    page = await open_page(prepare=HURRIED, permissions=["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Chain", exact=True).click()
    panel = page.get_by_role("complementary", name="Test network")
    await expect(panel.get_by_role("button", name="Alice")).to_contain_text("ETH")
    shown = [await row.get_attribute("title") for row in await panel.locator("#chain-accounts button").all()]
    assert [address and address.lower() for address in shown] == await rpc(anvil, "eth_accounts")
    alice = await rpc(anvil, "eth_accounts")
    sent = {"from": alice[0], "to": BOB, "value": hex(ONE_AND_A_HALF)}
    tx = await rpc(anvil, "eth_sendTransaction", sent)
    block = panel.locator(".chain-block", has_text="Alice → Bob").first
    await expect(block).to_contain_text("1.5 ETH")
    await expect(block.locator(".hex-text")).to_have_attribute("title", tx)
    await panel.get_by_role("button", name="Bob").click()
    assert await page.evaluate("navigator.clipboard.readText()") == BOB
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(page.get_by_role("button", name="Chain", exact=True)).to_be_focused()


async def test_chain_panel_asks_nothing_while_it_is_closed(
    open_page: OpenPage, server: PageServer, anvil: str
) -> None:
    server.chain_url = anvil
    page = await open_page(prepare=HURRIED)
    button = page.get_by_role("button", name="Chain", exact=True)
    await expect(button).to_be_visible()
    found = server.chain_calls
    await button.click()
    await expect(page.locator(".chain-block").first).to_be_visible()
    async with page.expect_request("**/rpc/testnet"):
        pass
    await button.click()
    await page.evaluate("new Promise(done => setTimeout(done, 2000))")
    asked = server.chain_calls
    await page.evaluate("new Promise(done => setTimeout(done, 10000))")
    assert server.chain_calls == asked > found


async def test_development_wallet_signs_on_the_test_network(
    open_page: OpenPage, server: PageServer, anvil: str
) -> None:
    server.chain_url = anvil
    ask = Ask(network="testnet", chain_id=31337, to=BOB, data="0x", gas=None, decoded=None, sender=GRACE)
    server.replies["buy"] = [Say("Prepared."), ask]
    page = await open_page()
    await write(page, "buy")
    card = page.locator(".approval")
    await expect(card).to_contain_text("Sign on the test network as")
    await expect(card.locator("[data-requested]")).to_have_text("Grace, for whom the request is made")
    await card.get_by_role("button", name="Grace").click()
    await expect(page.locator("#wallet-words")).to_have_text("Grace")
    await card.get_by_role("button", name="Approve").click()
    await expect(card).to_have_count(0)
    reply = server.system_messages[-1]["approval"]
    sent = await rpc(anvil, "eth_getTransactionByHash", reply["transaction_hash"])
    assert reply["outcome"] == "sent"
    assert (int(sent["value"], 16), sent["to"]) == (ONE_AND_A_HALF, BOB.lower())
    assert sent["from"] == (await rpc(anvil, "eth_accounts"))[6]
    await page.reload()
    await expect(page.locator("#wallet-words")).to_have_text("Grace")
    await page.get_by_role("button", name="Wallet: Grace").click()
    await expect(page.locator(".wallet-balance")).to_contain_text("ETH")
    await page.get_by_role("button", name="Disconnect").click()
    await page.reload()
    await page.wait_for_selector("[data-connection=connected]")
    await expect(page.locator("#wallet-words")).to_have_text("Wallet")


async def test_development_wallet_signs_nowhere_else(
    open_page: OpenPage, server: PageServer, anvil: str
) -> None:
    server.chain_url = anvil
    server.replies["buy"] = [Ask()]
    page = await open_page()
    await choose_wallet(page, "Alice")
    await page.get_by_role("button", name="Tell the agent my address").click()
    await expect(page.locator("[data-sender=system]").first).to_contain_text("The user connected the wallet")
    await write(page, "buy")
    card = page.locator(".approval")
    await expect(card).to_contain_text("The development wallet signs on the test network only")
    await expect(card.get_by_role("button", name="Approve")).to_have_count(0)
    await page.get_by_role("button", name="Test network", exact=True).click()
    await page.get_by_role("menuitemradio", name="Base").click()
    await expect(page.get_by_role("button", name="Chain", exact=True)).to_be_hidden()
    await page.get_by_role("button", name="Wallet: Alice").click()
    await page.get_by_role("button", name="Disconnect").click()
    await expect(page.get_by_text("No wallet extension in this browser")).to_be_visible()
    await expect(page.get_by_role("group", name="Development wallet")).to_have_count(0)


async def test_without_a_local_node_neither_is_offered(open_page: OpenPage) -> None:
    page = await open_page()
    await page.get_by_role("button", name="Wallet", exact=True).click()
    await expect(page.get_by_text("No wallet extension in this browser")).to_be_visible()
    await expect(page.get_by_role("button", name="Chain", exact=True)).to_be_hidden()
    await expect(page.get_by_role("group", name="Development wallet")).to_have_count(0)

"""The page with as much on it as possible: each scene brings the page into a state and waits until it is on screen."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from tests.frontend.page_server import PageServer
from tests.frontend.script import Ask, Say, Tool, Wait

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
TX = "0x2b1f8f0b6a4d7c3e9f5a1c8d7e6b5a4f3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f"
VITALIK = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"

SENT = {
    "network": "testnet",
    "from": ALICE,
    "to": BOB,
    "value_wei": "1500000000000000000",
    "value_ether": "1.5",
    "hash": TX,
    "status": "success",
    "block_number": 12,
    "gas_used": 21000,
}
ANSWER = f"""Done: **1.5 ETH** went from Alice to Bob in block 12, for a fee of `0.000042 ETH`.

| Account | Before | After |
| :-- | --: | --: |
| Alice | 10,000 ETH | 9,998.499958 ETH |
| Bob ({BOB}) | 10,000 ETH | 10,001.5 ETH |

The transaction is {TX}. To check it yourself:

```js
const receipt = await provider.request({{ method: 'eth_getTransactionReceipt', params: ['{TX}'] }});
console.log(receipt.status === '0x1' ? 'succeeded' : 'reverted');
```

1. Alice's nonce is now 1.
2. Nothing else changed.

> The test network is yours alone; nothing here is real money.
"""
MANY_TOOLS = [
    Say("I look at several things at once."),
    Tool("balance", {"who": "Alice"}, json.dumps({"wei": "9998499958000000000000", "currency": "ETH"})),
    Tool("erc20_balance", {"token": "USDC", "who": VITALIK}, json.dumps({"formatted": "1204.5", "symbol": "USDC"})),
    Tool("block", {"block": "latest"}, json.dumps({"number": 21345678})),
    Tool("brave_search", {"q": "gas price today"}, "Set BRAVE_SEARCH_API_KEY where the worker runs.", "failed"),
    Tool("send", {"from": "Alice", "to": "Bob", "value": "1"}, "The worker was replaced meanwhile.", "unknown"),
    Say("Alice holds 9,998.499958 ETH. The search is not configured, and **one transfer has an unknown outcome**."),
]  # fmt: skip
SWAP = Ask(
    description="Swap 1,000 USDC for at least 0.31 ETH on Uniswap",
    to="0x3fC91A3afd70395Cd496C647d5a6CC9D4B2b7FAD",
    value="250000000000000000",
    data="0x3593564c" + "00" * 200,
    gas="214000",
    decoded="execute(bytes commands, bytes[] inputs, uint256 deadline)\n  commands  0x0b08\n  deadline  1795377798",
    simulation=(
        "Simulated without error: 213406 gas, a fee of about 0.0019 ETH. "
        f"Moves 0.3127 ETH from 0x3fC91A3afd70395Cd496C647d5a6CC9D4B2b7FAD to {VITALIK}."
    ),
)

Scene = Callable[[Page, PageServer], Awaitable[None]]


async def ask(page: Page, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Control+Enter")


async def empty(page: Page, server: PageServer) -> None:
    await expect(page.locator("#empty-state")).to_be_visible()


async def conversation(page: Page, server: PageServer) -> None:
    question = "send 1.5 ETH from Alice to Bob"
    pay = Tool("send", {"from": "Alice", "to": "Bob", "value": "1500000000000000000"}, json.dumps(SENT))
    server.replies[question] = [Say("Sending it on the test network."), pay, Say(ANSWER, piece=200)]
    await ask(page, question)
    await expect(page.locator("[data-sender=agent]:not([data-streaming])").last).to_contain_text("real money")
    await page.mouse.move(0, 0)


async def open_tool(page: Page, server: PageServer) -> None:
    await page.locator("#close-chain").click()
    await page.locator(".tool summary").first.click()
    await page.locator(".tool").first.scroll_into_view_if_needed()
    await expect(page.locator(".tool pre").first).to_be_visible()


async def many_tools(page: Page, server: PageServer) -> None:
    server.replies["look around"] = list(MANY_TOOLS)
    await ask(page, "look around")
    await expect(page.get_by_text("one transfer has an unknown outcome", exact=True)).to_be_visible()


async def working_and_queued(page: Page, server: PageServer) -> None:
    server.replies["take your time"] = [Say("Thinking about it"), Wait()]
    await ask(page, "take your time")
    await expect(page.locator("[data-streaming]")).to_contain_text("Thinking")
    await ask(page, "and then the balance of Charlie")
    await expect(page.locator("[data-waiting=queued]")).to_be_visible()


async def approval(page: Page, server: PageServer) -> None:
    server.go_on()
    server.replies["swap"] = [Say("I prepared the swap; please look at it closely."), SWAP]
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    await ask(page, "swap")
    await expect(page.locator(".approval")).to_contain_text("Uniswap")


async def networks(page: Page, server: PageServer) -> None:
    await page.locator("#network").click()
    await expect(page.get_by_role("menu", name="Network")).to_be_visible()


async def wallet(page: Page, server: PageServer) -> None:
    await page.keyboard.press("Escape")
    await page.locator("#wallet").click()
    await page.get_by_role("group", name="Development wallet").get_by_role("button", name="Alice").click()
    await expect(page.locator(".wallet-balance")).to_contain_text("ETH")


SEND = """([from, to, value, data]) => fetch('/rpc/testnet', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_sendTransaction', params: [{ from, to, value, data }] }),
})"""


async def chain(page: Page, server: PageServer) -> None:
    await page.evaluate(SEND, [ALICE, BOB, hex(15 * 10**17), "0x"])
    await page.evaluate(SEND, [BOB, VITALIK, hex(25 * 10**15), "0x"])
    await page.keyboard.press("Escape")
    if await page.locator("#open-chain").is_visible():
        await page.locator("#open-chain").click()
    else:
        await page.locator("#network").click()
        await page.get_by_role("menuitem", name="Blocks and accounts").click()
    await expect(page.locator(".chain-block", has_text="Alice → Bob").first).to_be_visible()


async def deleting(page: Page, server: PageServer) -> None:
    await page.keyboard.press("Escape")
    if not await page.locator("#new-session").is_visible():
        await page.locator("#open-sidebar").click()
    await page.locator(".session").first.hover()
    await page.get_by_role("button", name="Delete send").click()
    await expect(page.get_by_role("dialog")).to_be_visible()


async def trouble(page: Page, server: PageServer) -> None:
    """A failed message, a notice, an error, and no connection."""
    await page.keyboard.press("Escape")
    if await page.locator("#close-sidebar").is_visible():
        await page.locator("#close-sidebar").click()
    session = server.the_session
    session.publish(
        notices=["No language model is configured: the offline operator answers a fixed set of commands."]
    )
    session.change(approvals=[])
    await expect(page.get_by_text("the offline operator answers a fixed set")).to_be_visible()
    await page.route(
        "**/api/chat", lambda route: route.fulfill(status=409, json={"detail": "The session is busy."})
    )
    await ask(page, "one more thing")
    await expect(page.locator("[data-waiting=failed]")).to_be_visible()
    server.broken.socket_status = 403
    await page.route("**/api/chat/stream**", lambda route: route.abort())
    await server.cut()
    await expect(page.get_by_text("The connection is lost; trying again.")).to_be_visible()


SCENES: list[Scene] = [
    empty,
    conversation,
    chain,
    open_tool,
    many_tools,
    working_and_queued,
    approval,
    networks,
    wallet,
    deleting,
    trouble,
]

"""One request is sent once, even if two tabs and two devices approve it at the same moment, on a real chain."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, Page, expect

from local_dev.stack_process import RunningStack
from tests.end_to_end.chain import balance_of, rpc
from tests.end_to_end.marks import END_TO_END
from tests.end_to_end.test_scene import browsing, opened, say

pytestmark = END_TO_END

JUDY = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"
HEIDI = "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955"
QUARTER = 25 * 10**16
APPROVE = """() => {
  const button = document.querySelector('.approval [data-act=approve]');
  if (button && !button.disabled) button.click();
}"""


async def ready(page: Page) -> None:
    """The wallet is connected, and the request could be approved."""
    await expect(page.locator("#wallet-words")).to_have_text("Judy")
    await expect(page.locator(".approval [data-act=approve]")).to_be_enabled()


async def sent_by(url: str, account: str) -> int:
    return int(await rpc(url, "eth_getTransactionCount", account, "latest"), 16)


async def test_two_tabs_and_two_devices_send_one_transaction(
    browser: Browser, operator_stack: RunningStack
) -> None:
    url = operator_stack.environment["TESTNET_RPC_URL"]
    before, sent = await balance_of(url, HEIDI), await sent_by(url, JUDY)
    async with browsing(browser) as ann:
        first = await opened(ann, operator_stack)
        await say(first, "send 0.25 ETH to Heidi with my wallet")
        await first.locator(".approval").get_by_role("button", name="Judy", exact=True).click()
        await ready(first)
        second = await opened(ann, operator_stack)
        phone = await browser.new_context(storage_state=await ann.storage_state(), locale="en-US")
        third = await opened(phone, operator_stack)
        pages = [first, second, third]
        await asyncio.gather(*(ready(page) for page in pages))
        await asyncio.gather(*(page.evaluate(APPROVE) for page in pages))
        for page in pages:
            await expect(page.locator(".approval")).to_have_count(0)
            await expect(page.locator(".tool[data-request=waiting]")).to_have_count(0)
            await expect(page.locator(".receipt[data-outcome=succeeded]")).to_have_count(1)
        assert await balance_of(url, HEIDI) == before + QUARTER
        assert await sent_by(url, JUDY) == sent + 1
        await phone.close()

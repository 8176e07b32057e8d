"""The terminal chat on the real application, driven by textual's pilot: a transfer, and a wallet request approved."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Browser
from textual.widgets import Input

from forge_client import Pace
from forge_client.terminal.approvals import ApprovalCard
from forge_client.terminal.bubbles import NoticeLine, ToolCard
from forge_client.terminal.remembered import RememberedSessions
from forge_client.terminal.transcript import Transcript, Welcome
from local_dev.stack_process import RunningStack
from tests.end_to_end.chain import send
from tests.end_to_end.marks import END_TO_END
from tests.forge_client.pilot import Chatting, answers, chatting, click, texts, type_in, until

pytestmark = END_TO_END

FRANK = "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"
PICTURES = os.environ.get("FORGE_PICTURES")
"""A folder for the picture in docs/images; without it none is made."""


async def picture(pilot: Chatting, browser: Browser, name: str) -> None:
    if not PICTURES:
        return
    await pilot.pause(0.3)  # until it is painted
    svg = Path(PICTURES) / f"{name}.svg"
    svg.write_text(pilot.app.export_screenshot())
    page = await browser.new_page()
    await page.goto(svg.as_uri())
    width, height = await page.evaluate(
        "(({ width, height }) => [width, height])(document.rootElement.viewBox.baseVal)"
    )
    await page.set_viewport_size({"width": 1440, "height": round(1440 * height / width)})
    await page.screenshot(path=svg.with_suffix(".png"), omit_background=True)
    await page.close()
    svg.unlink()


async def test_the_terminal_chat_sends_ether_and_reports_what_the_wallet_signed(
    operator_stack: RunningStack, browser: Browser, tmp_path: Path
) -> None:
    remembered = RememberedSessions(tmp_path / "sessions.json")
    async with chatting(operator_stack.base_url, remembered, None, pace=Pace()) as pilot:
        await until(pilot, lambda: pilot.app.screen.query(Welcome))
        await type_in(pilot, "send 1 ETH from Alice to Bob")
        await until(pilot, lambda: "Bob has" in "".join(answers(pilot)))
        assert "→  in block" in str(pilot.app.screen.query(ToolCard).first().query_one(".tool-head").render())
        await type_in(pilot, "send 0.25 ETH to Ivan with my wallet")
        await until(pilot, lambda: pilot.app.screen.query(ApprovalCard))
        await until(pilot, lambda: pilot.app.screen.query_one(Transcript).is_vertical_scroll_end)
        await picture(pilot, browser, "terminal")
        card = pilot.app.screen.query_one(ApprovalCard)
        asked = {"from": FRANK, "to": card.approval.to, "value": hex(int(card.approval.value))}
        tx = await send(operator_stack.environment["TESTNET_RPC_URL"], asked)
        card.query_one(".hash", Input).value = tx
        await click(pilot, ".approve")
        await until(pilot, lambda: "Done: " in "\n".join(texts(pilot, NoticeLine)))
        await until(pilot, lambda: not pilot.app.screen.query(ApprovalCard))

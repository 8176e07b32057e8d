"""Text from strangers stays text wherever the page shows it, and no link opens a conversation."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Say, Tool
from tests.frontend.test_conversation_page import ATTACKS, write
from tests.frontend.wallet_requests import Ask

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

MADE = """() => ({
  elements: [...document.querySelectorAll('script:not([src]), img[src^="x"], svg[onload], [onclick], [onerror]')]
    .map((each) => each.outerHTML),
  links: [...document.querySelectorAll('a[href]')].map(({ href }) => href).filter((href) => !/^https?:/.test(href)),
  title: document.title,
})"""


ADDRESS = "0x" + "12" * 20
HIDDEN = "\u202eevil\u202c\u200b"
EVERY_BLOCK = (
    "*\n\n# *\n\n> *\n\n- *\n\n```*\n*\n```\n\n```command\n*\n```\n\n|*|\n|-|\n|*|\n\n"
    "`*` [*](https://a.example/*) <https://a.example/*>"
)
BARE = """async () => {
  const closed = [...document.querySelectorAll('details:not([open])')];
  const opened = closed.map((each) =>
    new Promise((resolve) => each.addEventListener('toggle', resolve, { once: true })));
  for (const each of closed) each.open = true;
  await Promise.all(opened);
  const isBare = (node) => node instanceof Text && /[\u202a-\u202e\u200b]/.test(node.data);
  const own = (element) => [...element.childNodes].some(isBare);
  return [...document.body.querySelectorAll('*')].filter(own).map((each) => each.outerHTML.slice(0, 150));
}"""
"""The elements whose text hides or turns round what stands in it, also in what is closed at first."""


def hostile_warnings(told: dict[str, Any]) -> None:
    """No server of ours knows such codes."""
    for approval in told.get("approvals", []):
        for warning in approval["review"]["warnings"]:
            warning["code"] = warning["severity"] = warning["text"]


async def test_hostile_words_are_text_in_every_place_of_the_page(
    open_page: OpenPage, server: PageServer
) -> None:
    server.alters = hostile_warnings
    page = await open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    attacks = [*ATTACKS, HIDDEN]
    for attack in attacks:
        party, network = (
            (ADDRESS, "mainnet") if attack == HIDDEN else (attack, attack)
        )  # which the server checks
        review = {
            "outcome": "unknown",
            "reason": attack,
            "changes": [
                {
                    "direction": "out",
                    "standard": "erc20",
                    "asset": None,
                    "symbol": attack,
                    "amount": "1",
                    "sender": party,
                    "to": party,
                }
            ],
            "allowances": [
                {"kind": "erc20", "token": party, "spender": party, "unlimited": True, "text": attack}
            ],
            "warnings": [{"code": "not_understood", "severity": "danger", "text": attack}],
            "calls": [
                {
                    "to": party,
                    "function": attack,
                    "arguments": [{"name": attack, "type": attack, "value": [attack]}],
                    "note": attack,
                    "inner": [],
                }
            ],
            "recipient": party,
        }
        server.replies[attack] = [
            Tool(attack, {attack: attack}, attack),
            Ask(description=attack, decoded=attack, simulation=attack, network=network, review=review),
            Say(EVERY_BLOCK.replace("*", attack)),
        ]
        await write(page, attack)
        await expect(page.locator(".approval").last).to_contain_text("The agent says")
        await expect(page.locator(".approval")).to_have_count(attacks.index(attack) + 1)
    links = page.locator(".message.from-agent").last.locator("[data-href*='a.example']")
    await expect(links).to_have_count(2)
    server.the_session.change(title=ATTACKS[1])
    made = await page.evaluate(MADE)
    assert await page.evaluate(BARE) == []
    assert made["elements"] == []
    assert made["links"] == []
    assert not made["title"].startswith("owned")
    assert [url for url in asked if not url.startswith(server.url)] == []


@pytest.mark.parametrize("address", ["?session_id=planted&id=planted&session=planted#planted"])
async def test_an_address_names_no_conversation(
    open_page: OpenPage, server: PageServer, address: str
) -> None:
    page = await open_page()
    await page.goto(server.url + address)
    await write(page, "hello")
    await expect(page.locator("[data-sender=agent]")).to_contain_text("hello")
    assert "planted" not in server.sessions

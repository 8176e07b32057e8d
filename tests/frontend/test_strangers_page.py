"""The page and text from strangers: links that show their target, hidden characters, calls that need the person's
consent.
"""

from __future__ import annotations

import sys
import unicodedata
from typing import Any

import pytest
from playwright.async_api import Page, expect

from forge.models.ask import Ask
from tests.fake_server.session import now
from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Say
from tests.frontend.test_conversation_page import write

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

FOREIGN = {
    # what an answer says: the words of its link, and the host that it shows beside them
    "[Fix](https://evil.example/a)": ("Fix", "evil.example"),
    "[https://etherscan.io/tx/0x1](https://evil.example/phish)": (
        "https://etherscan.io/tx/0x1",
        "evil.example",
    ),
    "[https://etherscan.io@evil.example/](https://etherscan.io@evil.example/)": (
        "https://etherscan.io@evil.example/",
        "evil.example",
    ),
    "https://etherscan.io.evil.example/tx": ("https://etherscan.io.evil.example/tx", ""),
    "[etherscan.io](https://xn--therscan-jog.io/)": ("etherscan.io", "xn--therscan-jog.io"),
    "[https://evil.example](https://evil.example:8443/)": ("https://evil.example", "evil.example:8443"),
    "[**bold** `code`](HTTPS://EVIL.example/x)": ("bold code", "evil.example"),
    "[Explorer](http://127.0.0.1:1/)": ("Explorer", "127.0.0.1:1"),
}
INVISIBLE_BY_FONTS = "\u034f\u115f\u1160\u17b4\u2028\u2029\u2800\u3164\uffa0\ufe0e\U000e0100"
KNOWN = "[the explorer](https://etherscan.io/tx/0x1)"
LONG = "long " * 4_000
"""Too long for a frame: HTTP has it."""
HIDDEN = "pay \u202e0x12\u202c now\u200b, \u2067ok\u2069 \U000e0041\u3164!" + " e" + "\u0301" * 10
SHOWN = (
    "pay ⟨U+202E⟩0x12⟨U+202C⟩ now⟨U+200B⟩, ⟨U+2067⟩ok⟨U+2069⟩ ⟨U+E0041⟩⟨U+3164⟩!"
    + " e"
    + "\u0301" * 8
    + "⟨U+0301⟩" * 2
)


def invisible() -> list[str]:
    """Characters that show nothing, by Unicode's table and by what fonts do. To find them takes half a second."""
    characters = map(chr, range(0x80, sys.maxunicode + 1))
    return [each for each in characters if unicodedata.category(each) == "Cf" or each in INVISIBLE_BY_FONTS]


async def test_links_say_where_they_lead_and_foreign_ones_ask_first(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["links"] = [
        Say("\n\n".join([*FOREIGN, KNOWN, HIDDEN, f"`{HIDDEN}`", "👨\u200d👩 می\u200cخواهم"]))
    ]
    page = await open_page()
    await write(page, "links")
    answer = page.locator("[data-sender=agent]:not([data-streaming]) .markdown")
    known = answer.get_by_role("link", name="the explorer")
    await expect(known).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(known).to_have_attribute("href", "https://etherscan.io/tx/0x1")
    lines = [f"{words} ({host})" if host else words for words, host in FOREIGN.values()]
    writing = "👨\u200d👩 می\u200cخواهم"
    await expect(answer.locator("p")).to_have_text(
        [*lines, "the explorer (etherscan.io)", SHOWN, SHOWN, writing]
    )
    foreign = answer.locator("a:not([href])")
    await expect(foreign).to_have_count(len(FOREIGN))
    opened: list[str] = []
    page.context.on("page", lambda other: opened.append(other.url))
    for at in range(len(FOREIGN)):
        await asks_before_it_opens(page, foreign.nth(at), by_key=at % 2 == 0)
    assert opened == []


async def asks_before_it_opens(page: Page, link: Any, *, by_key: bool) -> None:
    if by_key:
        await link.focus()
        await page.keyboard.press("Enter")
    else:
        await link.click()
    dialog = page.get_by_role("dialog")
    href = await link.get_attribute("data-href")
    host = await page.evaluate("href => new URL(href).host", href)
    await expect(dialog).to_have_accessible_name(f"This link leads to {host}")
    await expect(dialog.get_by_role("button", name="Stay here")).to_be_focused()
    go = dialog.get_by_role("link", name=f"Open {host}", exact=True)
    await expect(go).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(go).to_have_attribute("target", "_blank")
    assert await go.evaluate("link => new URL(link.href).host") == host
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


def waiting(number: int, arguments: dict[str, Any]) -> Ask:
    return Ask(
        approval_id=f"{number:032x}",
        run_id="r",
        call_id="c",
        tool="send",
        arguments=arguments,
        network="testnet",
        strangers=["brave_search"],
        created_at=now(),
        expires_at=now() + 600_000,
    )


async def test_a_call_waits_for_the_persons_word_and_is_shown_whole(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page()
    await write(page, "hello")
    await expect(page.locator("[data-sender=agent]:not([data-streaming])")).to_have_count(1)
    [session] = [each for each in server.sessions.values() if each.hot]
    unseen = invisible()
    hidden = {"from": "Alice ⚠️", "to": f"Eve{''.join(unseen)}", "value": "1 ether", "memo": LONG}
    session.change(asks=[waiting(1, hidden), waiting(2, {"to": "Bob"})])
    card = page.get_by_role("region", name="Your word is needed")
    await expect(card).to_have_count(2)
    await expect(card.first).to_contain_text("texts of strangers (from Web search)")
    await expect(card.first.locator("dd")).to_have_text(
        ["Alice ⚠️", f"Eve{''.join(f'⟨U+{ord(each):04X}⟩' for each in unseen)}", "1 ether", LONG]
    )
    await card.last.get_by_role("button", name="Do not allow").click()
    await expect(card).to_have_count(1)
    await card.get_by_role("button", name="Allow once").click()
    await expect(card).to_have_count(0)
    answers = [body["approval"] for body in server.system_messages]
    assert [(each["approval_id"], each["outcome"]) for each in answers] == [
        (f"{2:032x}", "rejected"),
        (f"{1:032x}", "allowed"),
    ]

"""The page after sleep, offline, without its server, with another worker, and with text that is hard to show."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.fake_server.session import now
from tests.frontend.conftest import HURRIED, OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Say, TakeOver, Tool, Wait
from tests.frontend.test_conversation_page import STORY, write

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

ANSWER = "[data-sender=agent]:not([data-streaming]) .markdown"
PARAGRAPHS = [
    "שלום עולם, זה טקסט מימין לשמאל 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 ובאמצע כתובת.",
    "مرحبا بالعالم",
    "Families 👨‍👩‍👧‍👦, flags 🇮🇱🇧🇷, skin 👋🏽, and a lone e\u0301.",
    "x" * 10_000,
    "word " * 2_000,
]
BINARY = "\x00\x01\x7fELF\x1b[31mred\u202egnp.exe\ufeff\ufffd" + "\x90" * 50


async def test_huge_answer_with_every_kind_of_text_is_shown_whole(
    open_page: OpenPage, server: PageServer
) -> None:
    paragraphs = [text.strip() for text in PARAGRAPHS] * 10
    server.replies["all"] = [
        Tool("call", {"data": BINARY}, BINARY),
        Say("\n\n".join(paragraphs), piece=3_000, pause=0.002),
    ]
    assert sum(map(len, paragraphs)) > 200_000
    page = await open_page()
    await write(page, "all")
    answer = page.locator(ANSWER)
    await expect(answer.locator("> p")).to_have_count(len(paragraphs))
    await expect(answer.locator("> p").last).to_have_text(paragraphs[-1])
    assert await answer.locator("> p").evaluate_all("all => all.map((p) => p.textContent)") == paragraphs
    assert await page.evaluate("document.querySelector('#conversation').scrollWidth") <= 1280
    directions = await answer.locator("> p").evaluate_all(
        "all => all.map((p) => getComputedStyle(p).direction)"
    )
    assert directions[:3] == ["rtl", "rtl", "ltr"]
    await page.locator(".tool summary").click()
    result = page.locator(".tool pre")
    await expect(result).to_contain_text("␀␁⟨U+007F⟩ELF␛[31mred⟨U+202E⟩gnp.exe⟨U+FEFF⟩")


async def test_half_open_socket_is_noticed_when_the_tab_is_looked_at_again(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["story"] = [Say(STORY[:80]), Wait(), Say(STORY[80:], piece=100)]
    page = await open_page(prepare=HURRIED)
    await write(page, "story")
    await expect(page.locator("[data-streaming]")).to_contain_text("Once upon")
    server.broken.is_mute = True
    server.go_on()
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator("[data-connection=reconnecting]")).to_be_attached()
    server.broken.is_mute = False
    await expect(page.locator(ANSWER)).to_have_text(STORY.strip())


async def test_message_written_while_the_server_is_away_is_sent_once_when_it_is_back(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page(prepare=HURRIED)
    await page.context.set_offline(True)
    await server.cut()
    await expect(page.locator("[data-connection=offline]")).to_be_attached()
    await expect(page.get_by_text("You are offline.")).to_be_visible()
    await write(page, "are you there?")
    await expect(page.locator("[data-waiting]")).to_contain_text("are you there?")
    await page.context.set_offline(False)
    await expect(page.locator(ANSWER)).to_have_text("You said: are you there?")
    await expect(page.locator("[data-sender=user]")).to_have_count(1)
    await expect(page.locator("[data-waiting]")).to_have_count(0)
    await expect(page.locator("[data-connection=connected]")).to_be_attached()


async def test_text_begins_again_when_another_worker_takes_over(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["go"] = [
        Say("The first worker was writ"),
        Wait(),
        TakeOver(),
        Say("The second worker answers."),
    ]
    page = await open_page()
    await write(page, "go")
    await expect(page.locator("[data-streaming]")).to_contain_text("first worker was writ")
    server.go_on()
    await expect(page.locator(ANSWER)).to_have_text("The second worker answers.")
    await expect(page.locator("[data-sender=agent]")).to_have_count(1)


async def test_what_is_wrong_on_the_server_is_said_with_what_to_do(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page()
    await write(page, "hello")
    await expect(page.locator(ANSWER)).to_be_visible()
    session = server.the_session
    server.alters = lambda told: told.update(is_loading=True, is_connecting_mcp=True)
    session.publish(notices=["The tools of brave_search do not answer."], missing_api_key=True)
    for words in (
        "tools of brave_search",
        "Set it where the worker runs",
        "agent is starting",
        "connecting to its tools",
    ):
        await expect(page.locator("#notices")).to_contain_text(words)
    server.alters = None
    session.publish(missing_api_key=False)
    session.change(expires_at=now() // 1000 + 120)
    await expect(page.locator("#notices")).not_to_contain_text("agent is starting")
    server.broken.socket_status = 403
    await page.route("**/api/chat/stream**", lambda route: route.abort())
    await server.cut()
    await expect(page.locator("#notices")).to_contain_text("This conversation expires in 2 minutes")


async def test_keyboard_leads_to_everything_and_a_screen_reader_hears_what_happens(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["go"] = [Tool("balance", {"who": "Bob"}, '{"wei": "5"}'), Say("Bob has 5 wei.")]
    page = await open_page()
    await page.evaluate("document.body.tabIndex = -1, document.body.focus()")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the message box")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.type("go")
    await page.keyboard.press("Enter")
    heard = page.get_by_role("log", name="Announcements")
    await expect(heard).to_contain_text("Balance: of Bob")
    await expect(heard).to_contain_text("Agent: Bob has 5 wei.")
    await page.locator(".tool summary").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".tool pre")).to_be_visible()
    await page.locator("#network").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("#network-name")).to_have_text("Ethereum")
    await expect(page.locator("#network")).to_be_focused()


async def test_policy_of_the_page_lets_no_foreign_code_run(browser: Browser, server: PageServer) -> None:
    page = await browser.new_page()
    await page.goto(server.url)
    blocked = await page.evaluate("""async () => {
      const seen = [];
      addEventListener('securitypolicyviolation', ({ effectiveDirective }) => seen.push(effectiveDirective));
      const script = Object.assign(document.createElement('script'), { textContent: 'window.owned = 1' });
      const image = Object.assign(new Image(), { src: 'https://evil.example/pixel.png' });
      document.body.append(script, image);
      await fetch('https://evil.example/').catch(() => {});
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return [seen.sort(), window.owned];
    }""")
    await page.close()
    assert blocked == [["connect-src", "img-src", "script-src-elem"], None]

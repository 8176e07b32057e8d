"""The page in Chromium: writing, streaming, stopping, queueing, tool cards."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from forge.models.message import ToolOutcome
from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Say, Tool, Wait

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

STORY = "Once upon a time 🦊 there was a chain. " * 40
MARKDOWN = "# Title\n\n- one **bold**\n- two `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nlet x = 1;\n```\n[site](https://example.com/)"
ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
NOTE_GROWTH = """() => {
  window.grown = [];
  new MutationObserver(() => {
    const text = document.querySelector('[data-sender=agent] .markdown');
    if (text) window.grown.push(text.textContent.length);
  }).observe(document.querySelector('#messages'), { subtree: true, childList: true, characterData: true });
}"""


async def write(page: Page, text: str) -> None:
    """Enter alone would make a line on a phone."""
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Control+Enter")


async def test_answer_streams_into_the_page_and_ends_whole(open_page: OpenPage, server: PageServer) -> None:
    server.replies["story"] = [Say(STORY, pause=0.002)]
    page = await open_page()
    await write(page, "story")
    await expect(page.locator("[data-sender=user]")).to_contain_text("story")
    await expect(page.locator("[data-streaming]")).to_contain_text("Once upon")
    answer = page.locator("[data-sender=agent]:not([data-streaming]) .markdown")
    await expect(answer).to_have_text(STORY.strip())


async def test_markdown_becomes_elements(open_page: OpenPage, server: PageServer) -> None:
    server.replies["show"] = [Say(MARKDOWN, piece=3, pause=0.001)]
    page = await open_page()
    await write(page, "show")
    answer = page.locator("[data-sender=agent]:not([data-streaming])")
    await expect(answer.get_by_role("link", name="site")).to_have_attribute("aria-haspopup", "dialog")
    await expect(answer.locator("h3")).to_have_text("Title")
    await expect(answer.locator("li")).to_have_text(["one bold", "two code"])
    await expect(answer.locator("td")).to_have_text(["1", "2"])
    await expect(answer.locator("pre code")).to_have_text("let x = 1;")


ATTACKS = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "[click](javascript:document.title='owned')",
    "[click](data:text/html,<script>1</script>)",
    "![x](https://evil.example/pixel.png)",
    "`<b>` **<i onclick=x>** | <u> |\n|---|\n| <svg onload=1> |",
]


async def test_hostile_text_stays_text(open_page: OpenPage, server: PageServer) -> None:
    page = await open_page()
    for number, attack in enumerate(ATTACKS):
        server.replies[attack] = [Tool("call", {"x": attack}, attack, "failed"), Say(attack)]
        await write(page, attack)
        await expect(page.locator("[data-sender=agent]:not([data-streaming])")).to_have_count(number + 1)
        await page.locator(".tool summary").last.click()
        await expect(page.locator(".tool pre").last).to_have_text(attack)
        await expect(page.locator("[data-sender=user] .bubble").last).to_have_text(attack)
    foreign = "#conversation :is(script, img, svg[onload], [onerror], [onclick], [href^='javascript'], [href^='data'])"
    assert await page.locator(foreign).count() == 0
    assert not (await page.title()).startswith("owned")


async def test_tool_call_is_a_card_that_opens(open_page: OpenPage, server: PageServer) -> None:
    send = Tool(
        "send", {"from": "Alice", "to": ADDRESS, "value": "1500000000000000000"}, '{"status": "success"}'
    )
    server.replies["pay"] = [
        Say("Sending."),
        send,
        Tool("code", {}, "no such account", "failed"),
        Say("Done."),
    ]
    page = await open_page()
    await write(page, "pay")
    cards = page.locator(".tool")
    await expect(cards).to_have_count(2)
    await expect(cards.first).to_contain_text("1.5 ETH from Alice to 0x7099…79C8")
    await expect(cards.first).to_have_attribute("data-state", "success")
    await expect(cards.last).to_have_attribute("data-state", "failed")
    await cards.first.locator("summary").click()
    await expect(cards.first.locator("dd").nth(1)).to_have_text(ADDRESS)
    await expect(cards.first.locator("dd").nth(2)).to_contain_text("= 1.5 ether")
    await expect(page.locator("[data-sender=agent] .markdown")).to_have_text(["Sending.", "Done."])


REASONS = {
    "no such account": "no such account",
    '{"error": "The node said no.", "code": 3}': "The node said no.",
    "first line\nsecond line": "first line second line",
    "": "",
    "x" * 300: "x" * 89 + "…",
    "\u202eevil": "⟨U+202E⟩evil",
    '{"error": {"deep": 1}}': '{"error": {"deep": 1}}',
    "<b>bold</b>": "<b>bold</b>",
}
"""The result of a call that did not do what it was asked, and what the closed card says of it."""


@pytest.mark.parametrize(
    ("outcome", "words"), [("failed", "failed"), ("refused", "refused, nothing was done")]
)
async def test_a_closed_card_says_why_a_call_did_not_do_it(
    open_page: OpenPage, server: PageServer, outcome: ToolOutcome, words: str
) -> None:
    server.replies["try"] = [*(Tool("code", {}, content, outcome) for content in REASONS), Say("Done.")]
    page = await open_page()
    await write(page, "try")
    await expect(page.locator(".tool-hint")).to_have_text(
        [f"{words}: {reason}" if reason else words for reason in REASONS.values()]
    )


HELPS = {
    "```command\nbalance of Alice\n\nsend 1 ETH from Alice to Bob\n```": [
        "balance of Alice",
        "send 1 ETH from Alice to Bob",
    ],
    'Say:\n\n~~~command\n<b>x</b> {"a": 1}\n~~~\nor not': ['<b>x</b> {"a": 1}'],
    "```command\n```": [],
    "```\nbalance of Alice\n```": [],
    "```commands\nbalance of Alice\n```": [],
    "`balance of Alice`": [],
}
"""An answer, and the commands in it: only what is marked as one."""


@pytest.mark.parametrize(("answer", "commands"), HELPS.items())
async def test_a_command_goes_into_the_message_box_and_is_not_sent(
    open_page: OpenPage, server: PageServer, answer: str, commands: list[str]
) -> None:
    server.replies["help"] = [Say(answer)]
    page = await open_page()
    await write(page, "help")
    await expect(page.locator("[data-sender=agent]")).to_have_count(1)
    await expect(page.locator("[data-streaming]")).to_have_count(0)
    buttons = page.locator(".markdown button.command")
    await expect(buttons).to_have_text(commands)
    box = page.get_by_role("textbox", name="Message")
    for at, command in enumerate(commands):
        await box.fill("")
        await buttons.nth(at).click()
        await expect(box).to_have_value(command)
        await expect(box).to_be_focused()
    assert await page.locator("[data-sender=user]").count() == 1


async def test_stop_button_and_escape_stop_the_run(open_page: OpenPage, server: PageServer) -> None:
    server.replies["wait"] = [Say("Thinking"), Wait()]
    page = await open_page()
    for press in (
        lambda: page.get_by_role("button", name="Stop").click(),
        lambda: page.keyboard.press("Escape"),
    ):
        await write(page, "wait")
        await expect(page.locator("[data-streaming]")).to_contain_text("Thinking")
        await press()
        await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    await expect(page.locator("[data-kind=notice]")).to_have_text(["System:You stopped this answer."] * 2)
    await page.context.set_offline(True)
    await write(page, "without a connection")
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-waiting=failed]")).to_contain_text("You stopped it before")
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    await page.context.set_offline(False)
    await page.get_by_role("button", name="Edit").click()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("without a connection")


async def test_message_during_a_run_is_queued_and_can_be_removed(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["wait"] = [Say("Thinking"), Wait()]
    page = await open_page()
    await write(page, "wait")
    await expect(page.locator("[data-streaming]")).to_be_visible()
    await write(page, "second")
    await write(page, "third")
    queued = page.locator("[data-waiting=queued]")
    await expect(queued.locator(".bubble")).to_have_text(["second", "third"])
    await queued.first.get_by_role("button", name="Remove from the queue").click()
    await expect(queued.locator(".bubble")).to_have_text(["third"])
    server.go_on()
    await expect(page.locator("[data-sender=user] .bubble")).to_have_text(["wait", "third"])
    await expect(page.locator("[data-sender=agent] .markdown")).to_have_text(["Thinking", "You said: third"])


async def test_keys_make_lines_and_bring_back_the_last_message(open_page: OpenPage) -> None:
    page = await open_page()
    field = page.get_by_label("Message", exact=True)
    await field.fill("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-sender=user] .bubble")).to_have_text("one\ntwo")
    await page.keyboard.press("ArrowUp")
    await expect(field).to_have_value("one\ntwo")


async def test_chosen_example_is_sent(open_page: OpenPage) -> None:
    page = await open_page()
    await page.get_by_role("button", name="balance of Bob").click()
    await expect(page.locator("[data-sender=agent] .markdown")).to_have_text("You said: balance of Bob")


async def test_code_answers_and_addresses_are_copied_by_a_click(
    open_page: OpenPage, server: PageServer
) -> None:
    answer = f"Run:\n\n```js\nlet x = 1;\n```\n\nfor {ADDRESS}."
    server.replies["show"] = [Say(answer)]
    page = await open_page(permissions=["clipboard-read", "clipboard-write"])
    await write(page, "show")
    shown = page.locator("[data-sender=agent]:not([data-streaming])")
    await expect(shown.locator(".hex-text")).to_be_visible()
    await shown.hover()
    for button, text in (
        ("Copy code", "let x = 1;"),
        ("Copy address", ADDRESS),
        ("Copy message", answer),
    ):
        await shown.get_by_role("button", name=button).click()
        await expect(page.get_by_role("log", name="Announcements")).to_contain_text("Copied")
        assert await page.evaluate("navigator.clipboard.readText()") == text


async def test_text_that_arrives_in_one_lump_flows_onto_the_page(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["story"] = [Say("Once "), Wait(), Say(STORY[5:], piece=len(STORY))]
    page = await open_page()
    await page.evaluate(NOTE_GROWTH)
    await write(page, "story")
    await expect(page.locator("[data-streaming]")).to_contain_text("Once")
    server.go_on()
    await expect(page.locator("[data-sender=agent] .markdown")).to_have_text(STORY.strip())
    grown: list[int] = await page.evaluate("window.grown")
    assert grown == sorted(grown)
    assert len(set(grown)) >= 5

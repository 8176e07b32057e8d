"""A text that somebody has written is never lost: too long, half written, returned, or with a failed answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from forge.models.message import AnswerEnd, RunEnd, ToolOutcome
from forge.models.patterns import SESSION_ID
from forge.models.session import MESSAGE_BYTES_LIMIT, TITLE_LIMIT
from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Fail, Say, Tool
from tests.frontend.test_conversation_page import write
from tests.unlisted import tried

pytestmark = pytest.mark.browser
IN_CHROMIUM = pytest.mark.asyncio(loop_scope="session")

FRONTEND = Path(__file__).parents[2] / "frontend"
PROVIDER = "The LLM provider had an internal error. Please send the message again."
PASTE = """(text) => {
  const field = document.querySelector('#composer-text');
  field.focus();
  const clipboard = new DataTransfer();
  clipboard.setData('text/plain', text);
  field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: clipboard, bubbles: true, cancelable: true }));
  document.execCommand('insertText', false, text);
}"""


def test_limits_are_those_of_the_server() -> None:
    assert f"MAX_MESSAGE_BYTES = {MESSAGE_BYTES_LIMIT:_};" in (FRONTEND / "client/chat_config.js").read_text()
    assert f"TITLE_LIMIT = {TITLE_LIMIT};" in (FRONTEND / "page/sidebar.js").read_text()
    assert f"SESSION_ID = /{SESSION_ID}/;" in (FRONTEND / "client/session_book.js").read_text()
    assert "maxlength" not in (FRONTEND / "index.html").read_text()


LETTERS = ["x", "é", "€", "𝄞", "ש", "👩‍👩‍👧"]


@IN_CHROMIUM
@pytest.mark.parametrize("letter", LETTERS, ids=ascii)
async def test_the_limit_counts_bytes_and_a_long_paste_is_kept(
    open_page: OpenPage, server: PageServer, letter: str
) -> None:
    page = await open_page()
    field, problem = page.get_by_label("Message", exact=True), page.locator("#composer-problem")
    size = len(letter.encode())
    fits = "a" * (MESSAGE_BYTES_LIMIT % size or size) + letter * (MESSAGE_BYTES_LIMIT // size - 1)
    fits = fits[: -len(letter)] + "b" * (MESSAGE_BYTES_LIMIT - len(fits[: -len(letter)].encode()))
    assert len(fits.encode()) == MESSAGE_BYTES_LIMIT
    tried("text at the limit of a message", letter)
    await page.evaluate(PASTE, fits + "b")
    assert await field.input_value() == fits + "b"
    await expect(problem).to_have_text(
        "Not sent: too long by 1 byte. One message may have 16,000; shorten it or send it in parts."
    )
    await expect(page.get_by_text("16,001 / 16,000 bytes")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    assert await field.input_value() == fits + "b"
    await field.fill(fits)
    await expect(problem).to_be_hidden()
    await page.keyboard.press("Enter")
    await expect(field).to_have_value("")
    await expect(page.locator("[data-sender=user] .bubble")).to_be_visible()
    assert server.the_session.state().messages[0].content == fits


@IN_CHROMIUM
async def test_a_draft_survives_a_reload_in_its_conversation(open_page: OpenPage) -> None:
    page = await open_page()
    field = page.get_by_label("Message", exact=True)
    await write(page, "first talk")
    await expect(page.locator("[data-sender=agent]")).to_be_visible()
    await field.fill("for the first\nin two lines")
    await page.get_by_role("button", name="New conversation").click()
    await expect(field).to_have_value("")
    await field.fill("for the second")
    await page.reload()
    await expect(field).to_have_value("for the second")
    await page.locator(".session-title", has_text="first talk").click()
    await expect(field).to_have_value("for the first\nin two lines")
    await page.reload()
    await expect(field).to_have_value("for the first\nin two lines")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-sender=user]")).to_have_count(2)
    await page.reload()
    await expect(page.locator("[data-sender=user]")).to_have_count(2)
    await expect(field).to_have_value("")


STORAGES = {
    "full": "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };",
    "full for all but a few characters": """
        const store = Storage.prototype.setItem;
        Storage.prototype.setItem = function (key, value) {
          if (value.length > 40) throw new DOMException('full', 'QuotaExceededError');
          store.call(this, key, value);
        };""",
    "forbidden": """
        for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
          Object.defineProperty(window, name, { get() { throw new DOMException('forbidden', 'SecurityError'); } });""",
    "damaged": """
        const keys = ['session', 'sessions', 'outbox.1', 'unclaimed', 'dismissed', 'theme', 'wallet', 'chain'];
        for (const storage of [localStorage, sessionStorage])
          for (const key of keys) storage.setItem(`forge.${key}`, '[{"id":');""",
    "of another form": """
        const keys = ['session', 'sessions', 'outbox.1', 'unclaimed', 'dismissed', 'theme', 'wallet', 'chain'];
        for (const storage of [localStorage, sessionStorage])
          for (const key of keys) storage.setItem(`forge.${key}`, '[null, 5, {}, {"id": "a b", "at": 1}]');""",
}
"""What a browser's storage does: it is full, an option of the browser forbids it, or a program has written into it."""


@IN_CHROMIUM
@pytest.mark.parametrize("prepare", STORAGES.values(), ids=STORAGES)
async def test_the_page_works_and_drafts_are_kept_whatever_the_storage_does(
    open_page: OpenPage, prepare: str
) -> None:
    page = await open_page(prepare=prepare)
    field = page.get_by_label("Message", exact=True)
    await write(page, "a message of more than forty characters, which are stored")
    await expect(page.locator("[data-sender=agent]")).to_be_visible()
    await page.get_by_role("button", name="Theme").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    await field.fill("half")
    await page.get_by_role("button", name="New conversation").click()
    await expect(field).to_have_value("")
    await field.fill("another half")
    await expect(field).to_have_value("another half")
    await page.locator(".session-title", has_text="a message of more than forty").click()
    await expect(field).to_have_value("half")


@IN_CHROMIUM
async def test_a_message_to_edit_does_not_take_the_place_of_what_is_being_written(
    open_page: OpenPage,
) -> None:
    page = await open_page()
    await page.route("**/api/chat", lambda route: route.fulfill(status=409, json={"detail": "Busy."}))
    await write(page, "first")
    await expect(page.locator("[data-waiting=failed]")).to_be_visible()
    field = page.get_by_label("Message", exact=True)
    await field.fill("second")
    await page.get_by_role("button", name="Edit").click()
    await expect(field).to_have_value("first\n\nsecond")


@IN_CHROMIUM
async def test_a_failed_answer_looks_like_a_failure_and_can_be_tried_again(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["ask"] = [Say("Well,"), Fail(PROVIDER)]
    page = await open_page()
    await write(page, "ask")
    failure = page.locator("[data-run-end=failed]")
    await expect(failure).to_contain_text(f"The answer failed{PROVIDER}")
    await expect(failure.locator(".failure")).to_be_visible()
    await expect(page.get_by_role("log", name="Announcements")).to_contain_text(
        f"The answer failed. {PROVIDER}"
    )
    await page.get_by_role("button", name="Edit").click()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("ask")
    server.replies["ask"] = [Say("Now it works.")]
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator("[data-sender=user] .bubble")).to_have_text(["ask", "ask"])
    await expect(page.get_by_text("Now it works.", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    await expect(failure).to_be_visible()


ENDS: list[tuple[AnswerEnd, str, str, str, str]] = [
    ("cut_off", "completed", "The answer was cut off", "Continue", "Continue"),
    ("cut_off", "failed", "The answer was cut off", "Continue", "Continue"),
    ("filtered", "completed", "The answer was filtered", "Try again", "ask"),
    ("refused", "completed", "The answer was refused", "Try again", "ask"),
    ("failed", "failed", "The answer broke off", "Try again", "ask"),
    ("empty", "failed", "The answer was empty", "Try again", "ask"),
]


@IN_CHROMIUM
@pytest.mark.parametrize(("end", "outcome", "title", "button", "sent"), ENDS)
async def test_an_answer_that_is_not_whole_says_so_and_can_be_gone_on_with(
    open_page: OpenPage, server: PageServer, end: AnswerEnd, outcome: str, title: str, button: str, sent: str
) -> None:
    run_end: RunEnd | None = "failed" if outcome == "failed" else None
    server.replies["ask"] = [Say("Half a sen"), Fail("Why it ended.", end, run_end)]
    page = await open_page()
    await write(page, "ask")
    await expect(page.locator(f"[data-answer-end={end}]")).to_have_text(f"{title}Why it ended.")
    server.replies[sent] = [Say("The rest.")]
    await page.get_by_role("button", name=button).click()
    await expect(page.locator("[data-sender=user] .bubble")).to_have_text(["ask", sent])
    await expect(page.get_by_text("The rest.", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name=button)).to_have_count(0)


ACTED: list[tuple[str, ToolOutcome, bool]] = [
    ("balance", "success", True),
    ("simulate", "failed", True),
    ("send", "success", False),
    ("send", "failed", False),
    ("send", "unknown", False),
    ("bank_transfer", "success", False),
    ("constructor", "success", False),
]


@IN_CHROMIUM
@pytest.mark.parametrize(("tool", "outcome", "is_offered"), ACTED)
async def test_what_may_have_acted_is_not_sent_again_by_one_press(
    open_page: OpenPage, server: PageServer, tool: str, outcome: ToolOutcome, *, is_offered: bool
) -> None:
    server.replies["pay"] = [Tool(tool, {"to": "Bob"}, "{}", outcome), Fail(PROVIDER)]
    page = await open_page()
    await write(page, "pay")
    await expect(page.locator("[data-run-end=failed]")).to_be_visible()
    await expect(page.locator("#failure-actions button").first).to_be_visible()
    assert await page.get_by_role("button", name="Try again").count() == int(is_offered)
    if not is_offered:
        await expect(page.locator("#failure-actions")).to_contain_text("stays done")
        await page.get_by_role("button", name="Edit and send again").click()
        await expect(page.get_by_label("Message", exact=True)).to_have_value("pay")


@IN_CHROMIUM
async def test_a_title_that_is_too_long_is_said_to_be_and_stays(open_page: OpenPage) -> None:
    page = await open_page()
    await write(page, "talk")
    await page.get_by_role("button", name="Rename talk").click()
    await page.get_by_label("Title").fill("t" * 81)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert").filter(has_text="81 characters; at most 80")).to_be_visible()
    await expect(page.get_by_label("Title")).to_have_value("t" * 81)
    await page.get_by_label("Title").fill("t" * 80)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("t" * 80)

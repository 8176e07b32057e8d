"""Reading: text from right to left, a selection in growing text, spoken text, print, and what is shown first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.async_api import Page, expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Say, Tool, Wait
from tests.frontend.test_conversation_page import write
from tests.patience import PATIENCE_MS
from tests.unlisted import tried

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
SCRIPTS = {
    "rtl": ["פריט אחד", "مرحبا", "ܫܠܡܐ", "ދިވެހި", "ߒߞߏ", "𞤆𞤵𞤤𞤢𞤪"],
    "ltr": ["one", "één", "один", "一つ", "हिन्दी", "ένα"],
}
BEFORE = ["", "12 ", "… ", "🦊 ", f"{ADDRESS} ", "`code` ", "**", "(", "https://example.com/a "]
"""What has no direction of its own stands before the first letter."""
FORMS = {
    "bullets": "- {0}\n- {0}",
    "numbers": "1. {0}\n2. {0}",
    "tasks": "- [ ] {0}\n- [x] {0}",
    "table": "| {0} | b |\n| --- | --: |\n| {0} | 12 |",
    "quote": "> {0}",
    "list in a quote": "> - {0}",
    "heading": "# {0}",
    "paragraph": "{0}",
}
LAID_OUT = """async (text) => {
  const { GrowingMarkdown } = await import('/page/markdown/growing.js');
  const box = document.createElement('div');
  box.className = 'markdown';
  document.querySelector('#messages').replaceChildren(box);
  const growing = new GrowingMarkdown(box);
  for (let end = 1; end <= text.length; end += 3) growing.show(text.slice(0, end));
  growing.show(text);
  const whole = document.createElement('div');
  new GrowingMarkdown(whole).show(text);
  const block = box.firstElementChild;
  const list = box.querySelector('ul, ol');
  const cells = [...box.querySelectorAll('th')].map((cell) => cell.getBoundingClientRect().left);
  return {
    direction: getComputedStyle(box.querySelector('li, th, p, h3') ?? block).direction,
    isSame: box.isEqualNode(Object.assign(whole, { className: 'markdown' })),
    padding: list && [getComputedStyle(list).paddingLeft, getComputedStyle(list).paddingRight].map(parseFloat),
    isMirrored: cells.length ? cells[0] > cells[1] : null,
  };
}"""


def right(form: str, text: str) -> Any:
    return FORMS[form].format(text)


async def test_lists_and_tables_read_the_way_their_letters_do(open_page: OpenPage) -> None:
    """A list's marks stand where it begins, a table's first column too; and text that grew is text that came whole."""
    page = await open_page()
    for direction, words in SCRIPTS.items():
        for form in FORMS:
            for number, word in enumerate(words):
                before = BEFORE[(number + len(form)) % len(BEFORE)]
                text = right(form, before + word + ("**" if before == "**" else ""))
                tried("text × direction × block", text)
                shown = await page.evaluate(LAID_OUT, text)
                assert shown["direction"] == direction, text
                assert shown["isSame"], text
                if shown["padding"]:
                    left, right_side = shown["padding"]
                    assert (right_side > left) == (direction == "rtl"), text
                if shown["isMirrored"] is not None:
                    assert shown["isMirrored"] == (direction == "rtl"), text


PIECES = st.sampled_from(
    ["- a\n", "1. ב\n", "\n", "| a | ب |\n|---|--:|\n| 1 | 2 |\n", "**b", "**", "`c`", "# h\n", "> q\n", f"{ADDRESS} ",
     "```js\nlet x;\n", "```\n", "[l](https://e.com/)", "שלום ", "text ", "---\n", "  - deeper\n",
     "- [ ] t\n", "\\", "<b>"]
)  # fmt: skip
GROWN = """async (texts) => {
  const { GrowingMarkdown } = await import('/page/markdown/growing.js');
  return texts.map((pieces) => {
    const box = document.createElement('div');
    const growing = new GrowingMarkdown(box);
    pieces.forEach((_, at) => growing.show(pieces.slice(0, at + 1).join('')));
    const whole = document.createElement('div');
    new GrowingMarkdown(whole).show(pieces.join(''));
    box.normalize();
    whole.normalize();
    return box.innerHTML === whole.innerHTML;
  });
}"""


def texts() -> list[list[str]]:
    made: list[list[str]] = []

    @settings(
        max_examples=400,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(st.lists(PIECES, min_size=1, max_size=12))
    def collect(pieces: list[str]) -> None:
        made.append(pieces)

    collect()
    return made


async def test_text_that_grew_is_the_text_that_came_whole(open_page: OpenPage) -> None:
    page = await open_page()
    made = texts()
    same = await page.evaluate(GROWN, made)
    for pieces in made:
        tried("Markdown that grows", "".join(pieces))
    assert [pieces for pieces, is_same in zip(made, same, strict=True) if not is_same] == []


SELECT = """() => {
  const answer = document.querySelector('[data-streaming] .markdown');
  const text = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT).nextNode();
  getSelection().setBaseAndExtent(text, 0, text, 10);
  return String(getSelection());
}"""


@pytest.mark.parametrize(
    ("form", "last"),
    [
        ("{}", "while I grow"),
        ("- {}", "while I grow"),
        ("> {}", "while I grow"),
        ("**{}", "while I grow"),
        ("| {} |\n|---|\n| last cell", "last cell"),
        ("# {}", "while I grow"),
    ],
    ids=lambda text: text[:4],
)
async def test_a_selection_stays_while_the_text_grows(
    open_page: OpenPage, server: PageServer, form: str, last: str
) -> None:
    text = form.format("Select me while I grow")
    server.replies["story"] = [Say(text), Wait(), Say(" and grow and grow, " * 20)]
    page = await open_page()
    await write(page, "story")
    await expect(page.locator("[data-streaming]")).to_contain_text(last)
    selected = await page.evaluate(SELECT)
    assert len(selected.strip()) >= 8
    server.go_on()
    await expect(page.locator("[data-sender=agent]:not([data-streaming])")).to_contain_text("and grow")
    assert await page.evaluate("String(getSelection())") == selected


async def test_answers_and_tools_are_spoken_in_words(open_page: OpenPage, server: PageServer) -> None:
    balance = Tool("balance", {"who": "Bob"}, '{"wei": "1500000000000000000"}')
    foreign = Tool("my_own-tool", {}, "no", "failed")
    answer = f"Hello **world**, see `x` at [site](https://e.com) for {ADDRESS}\n\n- one\n- two\n\n"
    answer += "| a | b |\n|---|---|\n| 1 | 2 |"
    server.replies["tell"] = [balance, foreign, Say(answer)]
    page = await open_page()
    await write(page, "tell")
    spoken = page.get_by_role("log", name="Announcements")
    await expect(spoken).to_contain_text(
        "Agent: Hello world, see x at site (e.com) for 0x7099…79C8\none\ntwo\na, b\n1, 2"
    )
    await expect(spoken).to_contain_text("Balance: 1.5 ether.")
    await expect(spoken).to_contain_text("My own tool: failed.")
    await expect(page.locator(".tool-name")).to_have_text(["Balance", "My own tool"])


@pytest.mark.parametrize("size", [(640, 430), (390, 400), (320, 256)], ids=str)
async def test_the_empty_page_is_read_from_its_beginning(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = await open_page(viewport={"width": size[0], "height": 860})
    await expect(page.locator("#empty-state h2")).to_be_visible()
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await expect(page.locator("#to-end")).to_be_hidden()
    assert await page.locator("#conversation").evaluate("scroller => scroller.scrollTop") == 0
    await write(page, "line\n" * 60)
    await expect(page.locator("[data-sender=agent]:not([data-streaming])")).to_be_in_viewport()


async def examples(page: Page) -> list[str]:
    return await page.locator(".example span span").all_text_contents()


async def test_examples_are_those_that_work_on_the_network(open_page: OpenPage, server: PageServer) -> None:
    page = await open_page()
    assert "send 1 ETH from Alice to Bob" in await examples(page)
    await page.locator("#network").click()
    await page.get_by_role("menuitemradio", name="Base").click()
    await expect(page.locator("#network-name")).to_have_text("Base")
    await expect(page.locator(".example", has_text="with my wallet")).to_be_visible()
    assert not [text for text in await examples(page) if "Alice" in text or "Bob" in text]
    await page.locator(".example", has_text="with my wallet").click()
    await expect(page.get_by_label("Message", exact=True)).to_have_value(
        "send 0.01 ETH to 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045 with my wallet"
    )
    assert server.the_session.log == []


async def test_the_whole_conversation_is_printed_without_what_can_only_be_pressed(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page(reduced_motion="reduce")
    await write(page, "hello")
    await expect(page.locator("[data-sender=agent]:not([data-streaming])")).to_be_visible()
    session = server.the_session
    session.add(*(session.draft("agent", f"Message {seq}.") for seq in range(2, 300)))
    await page.reload()
    await expect(page.get_by_text("Message 299.")).to_be_in_viewport()
    await page.get_by_role("button", name="Theme: as the system").click()
    await page.get_by_role("button", name="Theme: light").click()
    await page.emulate_media(media="print")
    await page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert await page.evaluate("getComputedStyle(document.body).color") == "rgb(33, 31, 28)"
    for hidden in ("#sidebar", ".composer-area", "#network"):
        await expect(page.locator(hidden)).to_be_hidden()
    await expect(page.locator("[data-seq]")).to_have_count(300)
    last = page.get_by_text("Message 299.")
    below = await last.evaluate("element => element.getBoundingClientRect().bottom + scrollY")
    assert below <= await page.evaluate("document.documentElement.scrollHeight")


async def test_work_elsewhere_is_shown_in_the_list_from_the_first_message(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["long work"] = [Wait()]
    page = await open_page()
    await write(page, "first talk")
    await expect(page.locator("[data-sender=agent]")).to_be_visible()
    await page.get_by_role("button", name="New conversation").click()
    await write(page, "long work")
    state = page.locator(".session", has_text="long work").locator(".session-time")
    await expect(state).to_have_text("working")
    await page.get_by_role("button", name="New conversation").click()
    await expect(state).to_have_text("working")
    first = page.locator(".session-open", has_text="first talk")
    await first.hover()
    await page.mouse.down()
    server.go_on()
    await expect(state).not_to_have_text("working", timeout=PATIENCE_MS)
    await page.mouse.up()  # the list has changed since the button went down
    await expect(first).to_have_attribute("aria-current", "true")

"""Back and Forward go from conversation to conversation; the address never holds an id."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.frontend.conftest import OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Say, Wait
from tests.frontend.test_conversation_page import write

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

BUBBLE = "[data-sender=user] .bubble"


async def talk(page: Page, text: str) -> None:
    await page.get_by_role("button", name="New conversation").click()
    await expect(page.locator("#empty-state")).to_be_visible()
    await write(page, text)
    await expect(page.locator("[data-sender=agent]:not([data-streaming]) .markdown")).to_have_text(
        f"You said: {text}"
    )
    await expect(page.locator(".session-title").first).to_have_text(text)


async def test_back_and_forward_go_from_conversation_to_conversation(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["long"] = [Say("It takes time"), Wait(), Say(" and ends.")]
    page = await open_page()
    for text in ("first", "second", "third"):
        await talk(page, text)
    await page.locator(".session-open").nth(2).click()
    await expect(page.locator(BUBBLE)).to_have_text(["first"])
    await page.go_back()
    await expect(page.locator(BUBBLE)).to_have_text(["third"])
    await write(page, "long")
    await expect(page.locator("[data-streaming]")).to_contain_text("It takes time")
    await page.go_back()
    await expect(page.locator(BUBBLE)).to_have_text(["second"])
    await expect(page).to_have_title("second · forge")
    await page.reload()
    await expect(page.locator(BUBBLE)).to_have_text(["second"])
    await page.go_forward()
    await expect(page.locator("[data-streaming]")).to_contain_text("It takes time")
    server.go_on()
    await expect(page.locator("[data-sender=agent]:not([data-streaming])").last).to_contain_text("and ends.")
    assert page.url == server.url


async def test_a_deleted_conversation_is_not_come_back_to(open_page: OpenPage) -> None:
    page = await open_page()
    for text in ("first", "second", "third"):
        await talk(page, text)
    await page.get_by_role("button", name="Delete second").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.locator(".session-title")).to_have_text(["third", "first"])
    await page.go_back()
    await expect(page.locator("#empty-state")).to_be_visible()
    await page.go_back()
    await expect(page.locator(BUBBLE)).to_have_text(["first"])
    await page.get_by_role("button", name="Delete first").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.locator(BUBBLE)).to_have_text(["third"])


async def test_a_draft_of_a_new_conversation_is_found_again(open_page: OpenPage) -> None:
    page = await open_page()
    await talk(page, "first")
    await page.get_by_role("button", name="New conversation").click()
    box = page.get_by_label("Message", exact=True)
    await box.fill("half a thought")
    await page.locator(".session-open").first.click()
    await expect(page.locator(BUBBLE)).to_have_text(["first"])
    await expect(box).to_have_value("")
    await page.go_back()
    await expect(box).to_have_value("half a thought")


async def test_a_link_within_the_page_changes_no_conversation(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page()
    await talk(page, "first")
    await talk(page, "second")
    await page.locator(".skip-link").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()
    await expect(page.locator(BUBBLE)).to_have_text(["second"])
    await page.go_back()
    await expect(page.locator(BUBBLE)).to_have_text(["second"])
    await page.go_back()
    await expect(page.locator(BUBBLE)).to_have_text(["first"])


async def test_back_closes_what_lies_over_the_conversation_on_a_phone(open_page: OpenPage) -> None:
    page = await open_page(viewport={"width": 390, "height": 844})
    body, menu = page.locator("body"), page.get_by_role("button", name="Conversations")
    await write(page, "first")
    await expect(page.locator(BUBBLE)).to_have_text(["first"])
    await menu.click()
    await expect(body).to_have_attribute("data-sidebar", "open")
    await page.go_back()
    await expect(body).not_to_have_attribute("data-sidebar", "open")
    await expect(menu).to_be_focused()
    await menu.click()
    await page.get_by_role("button", name="New conversation").click()
    await write(page, "second")
    await expect(page.locator(BUBBLE)).to_have_text(["second"])
    await page.get_by_role("button", name="Wallet", exact=True).click()
    await page.get_by_role("button", name="Test network", exact=True).click()
    await expect(page.locator("#wallet-menu")).to_be_hidden()
    await expect(page.locator("#network-menu")).to_be_visible()
    await page.go_back()
    await expect(page.locator("#network-menu")).to_be_hidden()
    await expect(page.locator(BUBBLE)).to_have_text(["second"])
    await page.go_forward()
    await page.wait_for_function("() => !history.state.isOver")
    await page.evaluate("history.back()")
    await expect(page.locator(BUBBLE)).to_have_text(["first"])


async def test_a_conversation_deleted_in_the_list_on_a_phone_is_not_come_back_to(open_page: OpenPage) -> None:
    page = await open_page(viewport={"width": 390, "height": 844})
    menu = page.get_by_role("button", name="Conversations")
    for text in ("first", "second"):
        await menu.click()
        await talk(page, text)
    deleted = await page.locator(".session").first.get_attribute("data-session")
    await menu.click()
    await page.get_by_role("button", name="Delete second").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.locator(BUBBLE)).to_have_text(["first"])
    is_noted = "deleted => history.state.isOver && history.state.conversation !== deleted"
    await page.wait_for_function(is_noted, arg=deleted)
    await page.evaluate("history.back()")
    await expect(page.locator("body")).not_to_have_attribute("data-sidebar", "open")
    await menu.click()
    await talk(page, "third")
    await page.go_back()
    await expect(page.locator(BUBBLE)).to_have_text(["first"])

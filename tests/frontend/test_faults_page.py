"""The page when the network misbehaves: nothing is lost or repeated, and the page shows the state of the connection."""

from __future__ import annotations

import random

import pytest
from playwright.async_api import expect

from tests.fake_server.http_routes import problem
from tests.frontend.conftest import HURRIED, OpenPage
from tests.frontend.page_server import PageServer
from tests.frontend.script import Say, Wait
from tests.frontend.test_conversation_page import STORY, write

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

ANSWER = "[data-sender=agent]:not([data-streaming]) .markdown"


async def test_reload_keeps_the_conversation(open_page: OpenPage) -> None:
    page = await open_page()
    await write(page, "remember me")
    await expect(page.locator(ANSWER)).to_have_text("You said: remember me")
    await page.reload()
    await expect(page.locator("[data-sender=user] .bubble")).to_have_text("remember me")
    await expect(page.locator(ANSWER)).to_have_text("You said: remember me")


async def test_second_tab_follows_live_and_another_browser_sees_nothing(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["wait"] = [Say("Thinking"), Wait(), Say(" done")]
    page = await open_page()
    await write(page, "wait")
    await expect(page.locator("[data-streaming]")).to_contain_text("Thinking")
    tab = await open_page(beside=page)
    await expect(tab.locator("[data-streaming]")).to_contain_text("Thinking")
    server.go_on()
    await expect(tab.locator(ANSWER)).to_have_text("Thinking done")
    other = await open_page()
    await expect(other.locator("#empty-state")).to_be_visible()
    assert await other.locator("[data-seq]").count() == 0


async def test_text_is_whole_although_frames_are_lost_doubled_and_late(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["story"] = [Say(STORY, piece=9, pause=0.004)]
    chance = random.Random(7)
    server.broken.drops = lambda frame: '"type":"text"' in frame and chance.random() < 0.15
    server.broken.doubles = lambda frame: '"type":"text"' in frame and chance.random() < 0.2
    server.broken.delays = lambda frame: chance.random() < 0.3
    page = await open_page(prepare=HURRIED)
    await write(page, "story")
    await expect(page.locator(ANSWER)).to_have_text(STORY.strip())


async def test_connection_cut_while_streaming_loses_and_doubles_nothing(
    open_page: OpenPage, server: PageServer
) -> None:
    server.replies["story"] = [Say(STORY, piece=9, pause=0.01)]
    page = await open_page()
    await write(page, "story")
    await expect(page.locator("[data-streaming]")).to_contain_text("Once upon")
    await server.cut()
    await expect(page.locator("[data-connection=reconnecting]")).to_be_visible()
    await expect(page.locator(ANSWER)).to_have_text(STORY.strip())
    await expect(page.locator("[data-connection=connected]")).to_be_visible()
    assert await page.locator("[data-sender=user]").count() == 1


async def test_message_is_sent_once_although_the_answer_was_lost(
    open_page: OpenPage, server: PageServer
) -> None:
    overloaded = problem(503, "Overloaded", "The storage is overloaded; nothing was lost.")
    server.api.canned["/api/chat"].append(overloaded)
    server.api.lost = 1
    page = await open_page(prepare=HURRIED)
    await write(page, "only once")
    await expect(page.locator(ANSWER)).to_have_text("You said: only once")
    await expect(page.locator("#waiting > li")).to_have_count(0)
    await expect(page.locator("[data-sender=user] .bubble")).to_have_text(["only once"])


async def test_failed_message_keeps_its_text_and_can_be_retried(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page()
    await page.route(
        "**/api/chat", lambda route: route.fulfill(status=409, json={"detail": "The session is busy."})
    )
    await write(page, "try me")
    failed = page.locator("[data-waiting=failed]")
    await expect(failed).to_contain_text("The session is busy.")
    await page.reload()
    await expect(failed.locator(".bubble")).to_have_text("try me")
    await page.unroute("**/api/chat")
    await failed.get_by_role("button", name="Retry").click()
    await expect(page.locator(ANSWER)).to_have_text("You said: try me")
    await expect(failed).to_have_count(0)


async def test_page_lives_without_websockets(open_page: OpenPage, server: PageServer) -> None:
    server.broken.socket_status = 403
    page = await open_page(prepare=HURRIED)
    server.replies["story"] = [Say(STORY, piece=9, pause=0.004)]
    await write(page, "story")
    await expect(page.locator("[data-streaming]")).to_contain_text("Once upon")
    await expect(page.locator(ANSWER)).to_have_text(STORY.strip())


async def test_lost_connection_is_said_after_a_moment(open_page: OpenPage, server: PageServer) -> None:
    page = await open_page(prepare=HURRIED)
    server.broken.socket_status = 403
    await page.route("**/api/chat/stream**", lambda route: route.abort())
    await server.cut()
    await expect(page.get_by_text("The connection is lost; trying again.")).to_be_visible()


async def test_notices_of_the_server_are_shown_and_can_be_dismissed(
    open_page: OpenPage, server: PageServer
) -> None:
    page = await open_page()
    await write(page, "hello")
    server.the_session.publish(notices=["No language model is configured; the offline operator answers."])
    notice = page.locator(".notice", has_text="offline operator answers")
    await expect(notice).to_be_visible()
    await notice.get_by_role("button", name="Dismiss").click()
    await expect(notice).to_have_count(0)

"""People log in through the page with the development issuer, in Chromium."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx
from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, expect

from local_dev.stack_process import RunningStack
from tests.end_to_end.marks import END_TO_END
from tests.patience import PATIENCE_MS, PATIENCE_SECONDS

pytestmark = END_TO_END
COPIES = """() => new Promise((told) => {
  const request = indexedDB.open('forge');
  request.onupgradeneeded = () => request.transaction.abort();
  request.onerror = () => told(0);
  request.onsuccess = () => {
    const count = request.result.transaction('conversations').objectStore('conversations').count();
    count.onsuccess = () => {
      request.result.close();
      told(count.result);
    };
  };
})"""
"""How many copies of conversations this browser keeps."""
LOG_OUT_AND_COUNT_FRAMES = """() => {
  document.getElementById('login').click();
  const draw = () => {
    drawn();
    requestAnimationFrame(draw);
  };
  draw();
}"""
expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def person(browser: Browser, stack: RunningStack) -> AsyncGenerator[Page]:
    """A browser of one's own at the page. Whatever the page complains of fails the test."""
    context: BrowserContext = await browser.new_context(base_url=stack.base_url)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    try:
        await page.goto("/")
        yield page
        assert complaints == []
    finally:
        await context.close()


async def log_in(page: Page, name: str) -> None:
    await page.locator("#login-bar button").click()
    await page.get_by_role("link", name=name).click()
    await expect(page.locator("#login")).to_have_text("Log out")
    await expect(page.locator("#login")).to_have_attribute("title", f"Logged in as {name}")


async def say(page: Page, text: str) -> None:
    await page.locator("#composer-text").fill(text)
    await page.locator("#send").click()


def answers(page: Page, text: str) -> Locator:
    return page.locator("#messages li").filter(has_text=text)


async def test_nothing_is_asked_and_nothing_typed_is_lost_before_somebody_logs_in(
    browser: Browser, login_stack: RunningStack
) -> None:
    async with person(browser, login_stack) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
        await expect(page.locator("#login-bar")).to_be_visible()
        await say(page, "help")
        await expect(page.locator("#composer-text")).to_have_value("help")
        assert asked == []
        await log_in(page, "Alice")
        await expect(page.locator("#composer-text")).to_have_value("help")
        assert "code=" not in page.url
        await page.locator("#send").click()
        await expect(answers(page, "balance").first).to_be_visible()


async def test_a_reload_and_the_token_s_end_are_not_noticed(
    browser: Browser, brief_login_stack: RunningStack
) -> None:
    async with person(browser, brief_login_stack) as page:
        await log_in(page, "Bob")
        await say(page, "balance of Bob")
        await expect(answers(page, "Bob has").first).to_be_visible()
        await page.reload()
        await expect(answers(page, "Bob has").first).to_be_visible()
        await expect(page.locator("#login")).to_have_text("Log out")
        renewed: list[str] = []
        page.on("response", lambda seen: renewed.append(seen.url) if seen.url.endswith("/token") else None)
        async with page.expect_response(lambda seen: seen.url.endswith("/token"), timeout=PATIENCE_MS):
            pass  # the socket is kept open by a newer token
        await say(page, "balance of Charlie")
        await expect(answers(page, "Charlie has").first).to_be_visible()
        assert renewed
        kept = await page.evaluate(
            "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        )
        assert "eyJ" not in kept


async def test_two_people_cannot_see_each_other(browser: Browser, login_stack: RunningStack) -> None:
    async with person(browser, login_stack) as alice, person(browser, login_stack) as bob:
        await log_in(alice, "Alice")
        await say(alice, "balance of Alice")
        await expect(answers(alice, "Alice has").first).to_be_visible()
        session_id = await alice.evaluate("sessionStorage.getItem('forge.session')")
        await log_in(bob, "Bob")
        await bob.evaluate(
            "id => { sessionStorage.setItem('forge.session', id); localStorage.setItem('forge.session', id) }",
            session_id,
        )
        await bob.reload()
        await expect(bob.locator("#connection")).to_have_attribute("data-connection", "connected")
        await expect(bob.locator("#messages li")).to_have_count(0)


async def test_who_logs_out_leaves_nothing_and_the_next_one_sees_nothing(
    browser: Browser, login_stack: RunningStack
) -> None:
    async with person(browser, login_stack) as page:
        await log_in(page, "Charlie")
        await say(page, "balance of Charlie")
        await expect(answers(page, "Charlie has").first).to_be_visible()
        await page.locator("#login").click()
        await expect(page.locator("#login-bar")).to_be_visible()
        await expect(page.locator("#messages li")).to_have_count(0)
        await expect(page.locator("#session-list li")).to_have_count(0)
        stored = json.loads(await page.evaluate("JSON.stringify({...localStorage})"))
        assert "Charlie" not in json.dumps(stored)
        await log_in(page, "Alice")
        await expect(page.locator("#session-list li").filter(has_text="Charlie")).to_have_count(0)


async def test_a_refused_renewal_keeps_what_is_written_and_asks_to_log_in(
    browser: Browser, brief_login_stack: RunningStack
) -> None:
    async with person(browser, brief_login_stack) as page:
        await log_in(page, "Bob")
        await page.locator("#composer-text").fill("not sent yet")
        await page.route(
            "**/dev-issuer/token", lambda route: route.fulfill(status=400, json={"error": "invalid_grant"})
        )
        await expect(page.locator("#login-bar")).to_be_visible(timeout=PATIENCE_MS)
        await expect(page.locator("#composer-text")).to_have_value("not sent yet")
        await page.unroute("**/dev-issuer/token")
        await page.locator("#login-bar button").click()
        await expect(page.locator("#login")).to_have_text("Log out")
        await expect(page.locator("#composer-text")).to_have_value("not sent yet")


async def test_an_issuer_that_fails_for_a_moment_ends_no_login(
    browser: Browser, brief_login_stack: RunningStack
) -> None:
    async with person(browser, brief_login_stack) as page:
        await log_in(page, "Bob")
        await page.route("**/dev-issuer/token", lambda route: route.fulfill(status=503, body="busy"))
        async with page.expect_response("**/dev-issuer/token", timeout=PATIENCE_MS):
            pass
        await page.unroute("**/dev-issuer/token")
        await say(page, "balance of Bob")
        await expect(answers(page, "Bob has").first).to_be_visible()
        await expect(page.locator("#login-bar")).to_be_hidden()


async def test_what_is_answered_while_somebody_logs_out_leaves_nothing(
    browser: Browser, login_stack: RunningStack
) -> None:
    async with person(browser, login_stack) as page:
        leaving, answered, drawn = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def leave_before_it_is_sent(route: Route) -> None:
            await page.evaluate(LOG_OUT_AND_COUNT_FRAMES)
            await leaving.wait()
            await route.continue_()

        async def hold(route: Route) -> None:
            leaving.set()
            await answered.wait()
            for _ in range(3):
                drawn.clear()
                await drawn.wait()
            await route.continue_()

        def hear(frame: str | bytes) -> None:
            if "Charlie has" in str(frame):
                answered.set()

        await page.expose_function("drawn", drawn.set)
        page.on("websocket", lambda socket: socket.on("framereceived", hear))
        await page.route("**/api/chat", leave_before_it_is_sent)
        await page.route("**/dev-issuer/logout**", hold)
        await log_in(page, "Charlie")
        await say(page, "balance of Charlie")
        await asyncio.wait_for(answered.wait(), PATIENCE_SECONDS)
        await expect(page.locator("#login-bar")).to_be_visible()
        assert await page.evaluate("localStorage.getItem('forge.sessions')") is None
        assert await page.evaluate(COPIES) == 0


async def test_another_person_finds_no_copies_of_the_one_whose_login_has_ended(
    browser: Browser, login_stack: RunningStack
) -> None:
    async with person(browser, login_stack) as page:
        await log_in(page, "Bob")
        await say(page, "balance of Bob")
        await expect(answers(page, "Bob has").first).to_be_visible()
        await page.wait_for_function(f"async () => await ({COPIES})() === 1")
        await page.goto("/dev-issuer/logout?post_logout_redirect_uri=" + quote(login_stack.base_url + "/"))
        await log_in(page, "Alice")
        # The page loads once more for another person, so the question may have to be asked again.
        await page.wait_for_function(f"async () => await ({COPIES})() === 0")


async def test_the_development_issuer_gives_codes_to_its_own_page_only(login_stack: RunningStack) -> None:
    async with httpx.AsyncClient(
        base_url=login_stack.base_url, trust_env=False, timeout=PATIENCE_SECONDS
    ) as client:
        asked = {
            "client_id": "forge-page",
            "response_type": "code",
            "code_challenge_method": "S256",
            "code_challenge": "c",
            "person": "Alice",
        }
        for back in ("https://evil.example/", "http://127.0.0.1:1/", "", "//evil.example"):
            answer = await client.get("/dev-issuer/authorize", params={**asked, "redirect_uri": back})
            assert (answer.status_code, answer.headers.get("location")) == (400, None)
        answer = await client.get(
            "/dev-issuer/authorize", params={**asked, "redirect_uri": login_stack.base_url + "/"}
        )
        code = httpx.URL(answer.headers["location"]).params["code"]
        form = {"grant_type": "authorization_code", "client_id": "forge-page", "code": code}
        refused = await client.post("/dev-issuer/token", data={**form, "code_verifier": "guess"})
        assert refused.json() == {"error": "invalid_grant"}

"""People who have logged in take over earlier sessions, see them on every device, and delete everything."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets

import httpx
import pytest
from playwright.async_api import Browser, expect

from forge.models.ids import new_run_id
from forge.models.run import Submission
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.settings import Settings
from forge.store import open_store
from forge_client import ForgeClient, NotFound
from local_dev.aws.create_tables import client as aws_client
from local_dev.stack_process import RunningStack
from tests.end_to_end.marks import END_TO_END
from tests.end_to_end.test_login import answers, log_in, person
from tests.patience import PATIENCE_SECONDS

pytestmark = END_TO_END


async def token_of(stack: RunningStack, person: str) -> str:
    """An access token, as a program gets one."""
    verifier = secrets.token_urlsafe(32)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    back = stack.base_url + "/"
    asked = {
        "client_id": "forge-page",
        "response_type": "code",
        "code_challenge_method": "S256",
        "code_challenge": digest,
        "redirect_uri": back,
        "person": person,
    }
    async with httpx.AsyncClient(
        base_url=stack.base_url, trust_env=False, timeout=PATIENCE_SECONDS
    ) as client:
        answer = await client.get("/dev-issuer/authorize", params=asked)
        code = httpx.URL(answer.headers["location"]).params["code"]
        form = {"grant_type": "authorization_code", "client_id": "forge-page", "redirect_uri": back}
        answer = await client.post(
            "/dev-issuer/token", data={**form, "code": code, "code_verifier": verifier}
        )
    return answer.json()["access_token"]


def left_behind(stack: RunningStack, session_id: str, text: str) -> None:
    """A session from before the login was switched on."""
    settings = Settings.from_environment(stack.environment)
    store = open_store(settings, client=aws_client("dynamodb", stack.environment))
    key = SessionKey(ANONYMOUS, session_id)
    message = Submission(run_id=new_run_id(), content=text, created_at=1)
    store.inbox.withdraw(key, [each.run_id for each in store.inbox.accept(key, message).inbox])


async def test_a_person_takes_over_what_they_began_sees_it_elsewhere_and_deletes_everything(
    browser: Browser, login_stack: RunningStack
) -> None:
    left_behind(login_stack, "before-login", "what I asked before")
    book = json.dumps([{"id": name, "title": name, "at": 1} for name in ("before-login", "long-gone")])
    async with person(browser, login_stack) as here, person(browser, login_stack) as there:
        await here.evaluate("book => localStorage.setItem('forge.sessions', book)", book)
        await here.evaluate("sessionStorage.setItem('forge.session', 'before-login')")
        await here.reload()
        await log_in(here, "Alice")
        await expect(here.locator("#adopt-bar")).to_contain_text("2 conversations")
        await here.locator("#adopt-bar").get_by_role("button", name="Take over").click()
        await expect(answers(here, "what I asked before").first).to_be_visible()
        await expect(here.locator("#adopt-bar")).to_be_hidden()
        await expect(here.locator("#session-list li").filter(has_text="long-gone")).to_have_count(0)
        await log_in(there, "Alice")
        await (
            there.locator("#session-list li")
            .filter(has_text="what I asked before")
            .locator(".session-open")
            .click()
        )
        await expect(answers(there, "what I asked before").first).to_be_visible()
        await here.locator("#account").click()
        dialog = here.locator("#account-dialog")
        await expect(dialog).to_contain_text("Alice")
        await dialog.get_by_role("button", name="Delete everything").click()
        await expect(dialog.get_by_role("status")).to_contain_text("Deleted: ")
        await expect(dialog).to_contain_text("The table can be restored")
        await dialog.get_by_role("button", name="Close").click()
        await expect(here.locator("#session-list .session")).to_have_count(0)
        await expect(there.get_by_text(re.compile("conversation ended")).first).to_be_visible()
    async with ForgeClient(login_stack.base_url, token=await token_of(login_stack, "Alice")) as client:
        assert [summary async for summary in client.own_sessions()] == []


async def test_the_python_client_takes_over_lists_and_deletes(login_stack: RunningStack) -> None:
    left_behind(login_stack, "of-a-program", "hello")
    async with ForgeClient(login_stack.base_url, token=await token_of(login_stack, "dora")) as dora:
        adopted = await dora.adopt("of-a-program")
        assert adopted.messages[0].content == "hello"
        listed = [summary.session_id async for summary in dora.own_sessions()]
        assert listed == [adopted.session_id]
        async with ForgeClient(login_stack.base_url, token=await token_of(login_stack, "eve")) as eve:
            with pytest.raises(NotFound):
                await eve.adopt("of-a-program")
        receipt = await dora.delete_account("once")
        assert (receipt.is_complete, receipt.deleted.sessions) == (True, 1)
        assert await dora.delete_account("once") == receipt
        assert [summary async for summary in dora.own_sessions()] == []

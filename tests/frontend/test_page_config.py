"""The page's index contains its configuration, so the page requests nothing before it begins, and only what exists."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from playwright.async_api import Request, expect

from local_dev.gateway.page_version import with_config
from tests.frontend.conftest import OpenPage
from tests.frontend.page_files import PAGE
from tests.frontend.page_server import PageServer
from tests.frontend.test_conversation_page import write


class _Told(HTMLParser):
    def __init__(self, index: str) -> None:
        super().__init__()
        self.content: str | None = None
        self.feed(index)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "meta" and given.get("name") == "forge-config":
            self.content = given["content"]


@pytest.mark.parametrize(
    "config", [{}, {"local_node": True}, {"issuer": 'https://e.com/"><script>&amp;', "scope": "a b\\1"}]
)
def test_the_page_is_told_exactly_what_the_installation_says(config: dict[str, object]) -> None:
    told = _Told(with_config((PAGE / "index.html").read_text(), json.dumps(config)))
    assert told.content is not None
    assert json.loads(told.content) == config


def test_a_page_without_a_place_for_it_is_refused_where_there_is_something_to_say() -> None:
    assert with_config("<p>", "{}") == "<p>"
    with pytest.raises(ValueError, match="forge-config"):
        with_config("<p>", '{"issuer": "https://e.com"}')


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("has_node", "asked"), [(True, True), (False, False)])
async def test_a_node_is_asked_for_only_where_the_page_is_told_of_one(
    open_page: OpenPage, server: PageServer, *, has_node: bool, asked: bool
) -> None:
    server.page_config = json.dumps({"local_node": has_node})
    page = await open_page()
    calls: list[str] = []

    def note(request: Request) -> None:
        calls.append(request.url)

    page.on("request", note)
    await page.reload()
    await write(page, "Hello")
    await expect(page.locator("#messages")).to_contain_text("You said: Hello")
    assert any("/rpc/" in url for url in calls) is asked
    assert not any(url.endswith("/config.json") for url in calls)

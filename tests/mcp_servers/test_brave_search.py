"""Against a local server that answers as the Brave Search API does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError

from tests.mcp_servers.conftest import QUICK, FakeApi, answer_of
from worker.mcp_servers import brave_search

FOUND = {
    "type": "search",
    "query": {"original": "uniswap", "more_results_available": True},
    "web": {
        "type": "search",
        "results": [
            {
                "title": "Uniswap &amp; <strong>hooks</strong>",
                "url": "https://example.org/hooks",
                "description": "What <strong>hooks</strong> do &#x27;well&#x27;",
                "page_age": "2026-01-15T00:00:00",
                "language": "en",
            },
            {"title": "Bare", "url": "https://example.org/bare"},
        ],
    },
}


def failure(status: int, code: str, detail: str) -> dict[str, Any]:
    return {"type": "ErrorResponse", "error": {"status": status, "code": code, "detail": detail}, "time": 1}


@pytest.fixture
async def tools(api: FakeApi) -> AsyncIterator[Client[Any]]:
    environment = {"BRAVE_SEARCH_URL": api.url + "/res/v1", "BRAVE_SEARCH_API_KEY": "the-key"}
    async with Client(brave_search.build(environment, QUICK)) as client:
        yield client


async def refused(tools: Client[Any], **arguments: Any) -> str:
    with pytest.raises(ToolError) as error:
        await tools.call_tool("brave_search", {"q": "x", **arguments})
    return str(error.value)


async def test_results_are_plain_text_and_the_key_travels_in_its_header(
    api: FakeApi, tools: Client[Any]
) -> None:
    api.will_answer(FOUND)
    arguments = {"q": "uniswap hooks", "count": 5, "freshness": "pw", "country": "DE"}
    result = await answer_of(tools, "brave_search", arguments)
    first, second = result["results"]
    assert (first["title"], first["description"]) == ("Uniswap & hooks", "What hooks do 'well'")
    assert (first["age"], second["age"], second["description"]) == ("2026-01-15T00:00:00", None, "")
    assert result["more_results"] is True
    [request] = api.requests
    assert request.path == "/res/v1/web/search"
    assert request.headers["X-Subscription-Token"] == "the-key"
    assert dict(request.query) == {
        "q": "uniswap hooks",
        "count": "5",
        "offset": "0",
        "safesearch": "moderate",
        "freshness": "pw",
        "country": "DE",
    }


async def test_nothing_found_is_an_empty_list(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer({"type": "search", "query": {"original": "x"}})
    result = await tools.call_tool("brave_search", {"q": "x"})
    assert result.structured_content == {"query": "x", "results": [], "more_results": False}


@pytest.mark.parametrize(
    ("status", "detail"), [(422, "The provided subscription token is invalid."), (422, "No."), (401, "")]
)
async def test_a_bad_key_is_told_by_the_variables_name(
    api: FakeApi, tools: Client[Any], status: int, detail: str
) -> None:
    api.will_answer(failure(status, "SUBSCRIPTION_TOKEN_INVALID", detail), status=status)
    message = await refused(tools)
    assert "BRAVE_SEARCH_API_KEY" in message
    assert "the-key" not in message


async def test_a_refused_request_is_told_with_the_apis_reason(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer(failure(422, "VALIDATION", "Unable to validate request parameter(s)"), status=422)
    assert "HTTP 422" in await refused(tools)
    assert "Unable to validate" in await refused(tools)


async def test_a_rate_limit_is_waited_out_or_told(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer(failure(429, "RATE_LIMITED", "Request rate limit exceeded for plan."), status=429)
    api.will_answer(FOUND)
    assert (await answer_of(tools, "brave_search", {"q": "x"}))["results"]
    api.answers = [(429, failure(429, "RATE_LIMITED", "Request rate limit exceeded for plan."), {})]
    assert "too many requests" in await refused(tools)


async def test_without_a_key_the_tool_says_which_variable_to_set(api: FakeApi) -> None:
    async with Client(brave_search.build({"BRAVE_SEARCH_URL": api.url})) as tools:
        assert "BRAVE_SEARCH_API_KEY" in await refused(tools)
    assert api.requests == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"q": ""},
        {"q": "w " * 60},
        {"count": 0},
        {"count": 21},
        {"offset": 10},
        {"freshness": "yesterday"},
        {"country": "Germany"},
        {"safesearch": "no"},
    ],
)
async def test_arguments_beyond_the_apis_limits_are_refused_here(
    api: FakeApi, tools: Client[Any], arguments: dict[str, Any]
) -> None:
    await refused(tools, **arguments)
    assert api.requests == []

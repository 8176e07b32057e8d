"""Refusals and outages as typed exceptions."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from forge_client import (
    ForgeClient,
    InvalidRequest,
    NotAuthenticated,
    ProblemError,
    RateLimited,
    ServerError,
    SessionBusy,
    Unreachable,
)
from tests.fake_server.http_routes import problem
from tests.fake_server.server import FakeServer
from tests.forge_client.conftest import QUICK


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, NotAuthenticated),
        (409, SessionBusy),
        (413, InvalidRequest),
        (422, InvalidRequest),
        (429, RateLimited),
        (500, ServerError),
    ],
)
async def test_problems_are_exceptions(
    server: FakeServer, client: ForgeClient, status: int, error: type[ProblemError]
) -> None:
    headers = {"Retry-After": "7"} if status == 429 else {}
    server.api.canned["/api/chat"].append(problem(status, "A title", "What is wrong.", **headers))
    with pytest.raises(error, match=r"What is wrong\.") as caught:
        await client.send("hello")
    assert (caught.value.status, caught.value.title) == (status, "A title")
    assert caught.value.retry_after == (7 if headers else None)
    assert len(server.api.requests) == 1


async def test_retry_after_may_be_a_date(server: FakeServer, client: ForgeClient) -> None:
    later = formatdate(time.time() + 60, usegmt=True)
    server.api.canned["/api/chat"].append(problem(429, "Slow down", "Too many.", **{"Retry-After": later}))
    with pytest.raises(RateLimited) as caught:
        await client.send("hello")
    assert caught.value.retry_after == pytest.approx(60, abs=30)


async def test_a_long_outage_is_reported_instead_of_waited_for(
    server: FakeServer, client: ForgeClient
) -> None:
    server.api.canned["/api/chat"].append(problem(503, "Unavailable", "Storage.", **{"Retry-After": "600"}))
    with pytest.raises(ServerError) as caught:
        await client.send("hello")
    assert caught.value.retry_after == 600


async def test_an_absent_server_is_named(unused_port: int) -> None:
    async with ForgeClient(f"http://127.0.0.1:{unused_port}", pace=QUICK) as client:
        with pytest.raises(Unreachable, match=f"127.0.0.1:{unused_port}"):
            await client.state()


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://localhost", "http://"])
def test_a_url_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not an http"):
        ForgeClient(url)

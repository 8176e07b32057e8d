"""The head of a WebSocket's opening request may be as long as any other request's."""

from __future__ import annotations

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from local_dev.http_server.limits import Limits
from tests.local_dev.conftest import Application

HEADS = {
    "one long field": {"X-Long": "a" * 9_500},
    "many fields": {f"X-{number}": "a" for number in range(300)},
}


@pytest.mark.parametrize("name", HEADS)
async def test_a_head_within_the_limit_opens_the_connection(application: Application, name: str) -> None:
    async with (
        application.running() as running,
        connect(f"{running.ws_url}?session_id=a", additional_headers=HEADS[name]) as client,
    ):
        await client.send('{"type": "ping"}')


async def test_a_longer_head_is_refused_with_an_answer(application: Application) -> None:
    async with application.running() as running:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{running.ws_url}?session_id=a", additional_headers={"X": "a" * Limits().head})
    assert refused.value.response.status_code == 431

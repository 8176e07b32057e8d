"""The headers that a browser gets from a running application: every answer has those of its kind, whoever sends it."""

from __future__ import annotations

import httpx

from forge.api.entry.security_headers import HEADERS
from local_dev.stack_process import RunningStack
from tests.end_to_end.marks import END_TO_END
from tests.patience import PATIENCE_SECONDS
from tests.template import http_routes

pytestmark = END_TO_END

ELSEWHERE = [
    "/",
    "/page/main.js",
    "/nothing",
    "/../x",
    "/rpc/testnet",
    "/metrics",
    "/ws",
    "/_aws/ws/x",
    "/api/nothing",
]
"""The page, what only a laptop has, and what does not exist."""
ASKING: list[dict[str, str]] = [{}, {"host": "evil.example"}, {"origin": "https://evil.example"}]
EXPECTED = HEADERS.keys() - {"strict-transport-security"}
"""Nothing here speaks TLS."""


async def test_every_answer_has_the_headers_of_its_kind(stack: RunningStack) -> None:
    routes = [(route.method, route.path.replace("{session_id}", "nobody")) for route in http_routes()]
    requests = [*routes, *(("GET", path) for path in ELSEWHERE), ("PUT", "/"), ("OPTIONS", "/api/chat")]
    lacking: list[str] = []
    statuses: set[int] = set()
    async with httpx.AsyncClient(
        base_url=stack.base_url, timeout=PATIENCE_SECONDS, trust_env=False
    ) as client:
        for method, path in requests:
            for headers in ASKING:
                answer = await client.request(method, path, headers=headers)
                statuses.add(answer.status_code)
                lacking += [f"{method} {path} {headers} {name}" for name in EXPECTED - answer.headers.keys()]
        async with client.stream("GET", "/api/chat/stream?session_id=nobody") as events:
            lacking += [f"stream {name}" for name in EXPECTED - events.headers.keys()]
    assert lacking == []
    assert statuses >= {200, 403, 404, 421, 422}

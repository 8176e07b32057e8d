"""The application in its own processes, as `make run` starts it, sends the trace of an answer to a collector."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from local_dev.stack_process import RunningStack, running_stack
from tests.collector import Collector, collecting
from tests.end_to_end.conversing import Web, new_id, plan, say, socket
from tests.end_to_end.marks import END_TO_END
from tests.patience import PATIENCE_SECONDS

pytestmark = END_TO_END

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TOLD = plan({"say": "Let me see. ", "call": {"name": "get_current_time"}}, {"say": "It is late, my secret."})


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def traced_stack(collector: Collector) -> AsyncIterator[RunningStack]:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-api-key=mine",
        "OTEL_SERVICE_NAME": "my-forge",
    }
    async with running_stack(variables) as stack:
        yield stack


async def test_one_answer_is_one_trace_from_the_request_to_the_last_frame(
    traced_stack: RunningStack, collector: Collector
) -> None:
    session_id = new_id()
    headers = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
    async with (
        httpx.AsyncClient(
            base_url=traced_stack.base_url, timeout=PATIENCE_SECONDS, trust_env=False
        ) as client,
        socket(traced_stack.ws_url, session_id) as page,
    ):
        body = {"message": TOLD, "session_id": session_id}
        answer = await client.post("/api/chat", json=body, headers=headers)
        await page.until(lambda frame: frame["type"] == "state" and not frame["is_processing"])
        await collector.until(lambda: collector.named("push") and collector.named("run"))
        await Web(client).ended(session_id)
    by_name = {span.name.split()[0]: span for span in collector.spans}
    assert {span.trace_id for span in collector.spans} == {TRACE}
    assert by_name.keys() == {"accept", "queue", "run", "invoke_agent", "chat", "execute_tool", "push"}
    ids = {span.span_id for span in collector.spans}
    assert {span.parent for span in collector.spans} - ids == {CALLER}
    assert by_name["run"].attributes["forge.run_id"] == answer.headers["x-run-id"]
    assert by_name["accept"].start <= by_name["accept"].end <= by_name["queue"].end
    assert by_name["push"].attributes["forge.push.frames"] >= 2
    assert {span.service for span in collector.spans} == {"my-forge"}
    assert collector.headers["x-api-key"] == "mine"
    assert b"my secret" not in collector.raw
    assert session_id.encode() not in collector.raw


async def test_what_was_counted_is_told_to_prometheus_and_to_no_page_of_a_stranger(
    traced_stack: RunningStack,
) -> None:
    session_id = new_id()
    async with httpx.AsyncClient(
        base_url=traced_stack.base_url, timeout=PATIENCE_SECONDS, trust_env=False
    ) as client:
        await Web(client).answered(say("hi"), session_id)
        async with asyncio.timeout(60):  # the worker writes its figures after the end that is seen
            while "forge_runs_completed_total{" not in (told := await client.get("/metrics")).text:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        rebound = await client.get("/metrics", headers={"host": "evil.example"})
        stranger = await client.get("/metrics", headers={"origin": "https://evil.example"})
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'forge_messages_accepted_total{process="functions",service="forge"} ' in told.text
    assert 'forge_queue_wait_seconds_count{process="worker-1",service="worker"} ' in told.text
    assert session_id not in told.text
    assert (rebound.status_code, stranger.status_code) == (421, 403)

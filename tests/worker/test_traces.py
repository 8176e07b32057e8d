"""Traces as a collector receives them: one answer is one trace, even over a takeover, and it contains nobody's
words.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan

from forge.models.ids import new_run_id
from tests.collector import Collector, Received, collecting
from tests.patience import PATIENCE_SECONDS
from tests.worker.machines import MortalBlocking
from tests.worker.scripted_llm import Script, call
from tests.worker.stage import KEY, Stage, message_of
from tests.worker.tools import Bank
from worker.agent.llm.stream_text import FIRST_EVENT
from worker.operation.span_contents import BEGINNINGS, NAMES, without_contents
from worker.operation.span_export import SpanExport, open_export
from worker.operation.tracing import Tracing
from worker.settings import WorkerSettings

CALLER_TRACE, CALLER_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{CALLER_TRACE}-{CALLER_SPAN}-01", f"00-{CALLER_TRACE}-{CALLER_SPAN}-00"
NEVER_MS = 3_600_000


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@dataclass
class Traced:
    """Makes one `Tracing` for each worker, as each has in its own process."""

    collector: Collector
    stage: Stage
    exports: list[SpanExport] = field(default_factory=list[SpanExport])

    def tracing(self, *, contents: bool = False, ratio: float = 1, delay_ms: int = 20) -> Tracing:
        exporter = OTLPSpanExporter(endpoint=f"{self.collector.url}/v1/traces")
        self.exports.append(SpanExport(exporter, with_contents=contents, delay_ms=delay_ms))
        return Tracing(self.exports[-1], self.stage.clock, ratio)

    async def flush(self) -> None:
        for export in self.exports:
            await asyncio.to_thread(export.flush)


@pytest.fixture
async def traced(stage: Stage, collector: Collector) -> AsyncIterator[Traced]:
    traced = Traced(collector, stage)
    yield traced
    await asyncio.gather(*(export.close() for export in traced.exports))


def asking() -> Script:
    return Script(
        ["Looking, darling. ", call("balance", '{"who":"Bob the builder"}', "c1")],
        ["Seven wei, sweetheart."],
    )


async def answered(stage: Stage, content: str = "how rich is Bob", **values: Any) -> str:
    page = await stage.open_page()
    run_id = await stage.say(content, **values)
    await page.ended(run_id)
    return run_id


def under(spans: list[Received], span: Received) -> list[str]:
    return sorted(each.name for each in spans if each.parent == span.span_id)


@pytest.mark.slow
async def test_an_answer_is_one_trace_from_its_acceptance_to_its_last_frame(
    stage: Stage, traced: Traced, collector: Collector
) -> None:
    stage.servers, stage.llm = [Bank().server()], asking().llm()
    stage.start(tracing=traced.tracing())
    run_id = await answered(stage, trace=SAMPLED)
    await collector.until(lambda: collector.named("push") and collector.named("run"))
    spans = collector.spans
    assert {span.trace_id for span in spans} == {CALLER_TRACE}
    assert {span.service for span in spans} == {"forge-mcp"}
    (accept,), (run,) = collector.named("accept"), collector.named("run")
    assert accept.parent == CALLER_SPAN
    assert under(spans, accept) == ["queue", "run"]
    (agent,) = collector.named("invoke_agent")
    assert under(spans, run) == [agent.name, "push"]
    assert [name.split()[0] for name in under(spans, agent)] == ["chat", "chat", "execute_tool"]
    assert run.attributes["forge.run_id"] == run_id
    assert (run.attributes["forge.attempt"], run.attributes["forge.outcome"]) == (1, "completed")
    (tool,) = collector.named("execute_tool")
    assert tool.attributes["gen_ai.tool.name"] == "balance"
    (chat, _) = collector.named("chat")
    assert chat.attributes["gen_ai.operation.name"] == "chat"
    assert chat.attributes["gen_ai.usage.output_tokens"] > 0
    assert 0 < chat.attributes[FIRST_EVENT] < run.end - run.start
    (push,) = collector.named("push")
    page = stage.gateway.page("c1=")
    assert push.attributes == {"forge.push.frames": len(page.frames), "forge.push.bytes": sum(page.sizes)}
    (queue,) = collector.named("queue")
    assert accept.start <= accept.end == queue.start <= queue.end <= run.end


@pytest.mark.slow
async def test_without_a_caller_the_trace_has_the_id_of_its_run(
    stage: Stage, traced: Traced, collector: Collector
) -> None:
    """A run that an older version has accepted has no caller's trace either."""
    stage.start(tracing=traced.tracing())
    run_id = await answered(stage)
    await collector.until(lambda: collector.named("run"))
    await traced.flush()
    assert {span.trace_id for span in collector.spans} == {run_id}
    assert collector.named("accept")[0].parent == ""


@pytest.mark.slow
async def test_how_long_accepting_took_is_told_when_the_function_has_said_it(
    stage: Stage, traced: Traced, collector: Collector
) -> None:
    stage.start(tracing=traced.tracing())
    page = await stage.open_page()
    run_id = await stage.accept("hi")
    session = await stage.session()
    accepted_at = session.inbox[0].created_at
    message = message_of(session, run_id).model_copy(update={"sent_at": accepted_at + 12})
    await asyncio.to_thread(stage.queue.send, message)
    await page.ended(run_id)
    await collector.until(lambda: collector.named("accept") and collector.named("queue"))
    (accept,), (queue,) = collector.named("accept"), collector.named("queue")
    assert (accept.start, accept.end) == (accepted_at * 1_000_000, (accepted_at + 12) * 1_000_000)
    assert queue.start == accept.end


@pytest.mark.slow
async def test_the_trace_goes_on_when_a_worker_is_lost(
    stage: Stage, traced: Traced, collector: Collector
) -> None:
    """What the lost worker had sent is there, what it had not is lost with it."""
    is_lost = asyncio.Event()
    stage.servers = [Bank().server()]
    script = Script([call("balance", '{"who":"Bob"}', "c1")], [is_lost, "never said"])
    stage.llm = script.llm()
    page = await stage.open_page()
    machine = MortalBlocking(10_000, after=False)
    stage.start(blocking=machine, tracing=traced.tracing(delay_ms=NEVER_MS))
    run_id = await stage.say("how rich is Bob", trace=SAMPLED)
    await script.is_reached.wait()
    await traced.flush()
    machine.die()
    traced.exports.clear()
    stage.llm = Script([call("balance", '{"who":"Bob"}', "c1")], ["seven"]).llm()
    await stage.replace_worker(tracing=traced.tracing())
    await page.ended(run_id)
    await collector.until(lambda: collector.named("run") and collector.named("push"))
    assert {span.trace_id for span in collector.spans} == {CALLER_TRACE}
    (accept,), (run,) = collector.named("accept"), collector.named("run")
    assert (run.parent, run.attributes["forge.attempt"]) == (accept.span_id, 2)
    assert len(collector.named("queue")) == 1
    assert [span.attributes["forge.tool.from_ledger"] for span in collector.named("execute_tool")] == [
        False,
        True,
    ]
    assert len(collector.named("chat")) == 2


@pytest.mark.slow
async def test_a_tool_server_is_told_the_span_of_its_call(
    stage: Stage, traced: Traced, collector: Collector
) -> None:
    bank = Bank()
    stage.servers = [bank.server()]
    stage.llm = Script([call("transfer", '{"to":"Bob","amount":5}', "c1")], ["done"]).llm()
    stage.start(tracing=traced.tracing())
    await answered(stage, trace=SAMPLED)
    await collector.until(lambda: collector.named("execute_tool"))
    (tool,) = collector.named("execute_tool")
    assert bank.parents == [f"00-{CALLER_TRACE}-{tool.span_id}-01"]
    await stage.replace_worker()
    await answered(stage)
    assert bank.parents[1:] == [""]


@pytest.mark.slow
async def test_nobodys_words_are_in_a_trace(stage: Stage, traced: Traced, collector: Collector) -> None:
    stage.servers, stage.llm = [Bank().server()], asking().llm()
    stage.start(tracing=traced.tracing())
    await answered(stage, "how rich is Bob, my secret friend")
    stage.llm = Script(
        [call("refuse", '{"why":"a secret reason"}', "c2")], [RuntimeError("secret sauce")]
    ).llm()
    await stage.replace_worker(tracing=traced.tracing())
    await answered(stage, "another secret")
    await collector.until(lambda: len(collector.named("run")) == 2)
    await traced.flush()
    assert len(collector.named("execute_tool")) == 2
    assert any(span.is_error for span in collector.named("run"))
    for words in ("secret", "darling", "sweetheart", "builder", KEY.session_id):
        assert words.encode() not in collector.raw
    told = {name for span in collector.spans for name in span.attributes}
    assert {name for name in told if name not in NAMES and not name.startswith(BEGINNINGS)} == set()


@pytest.mark.slow
async def test_contents_are_in_a_trace_when_they_are_asked_for(
    stage: Stage, traced: Traced, collector: Collector
) -> None:
    stage.servers, stage.llm = [Bank().server()], asking().llm()
    stage.start(tracing=traced.tracing(contents=True))
    await answered(stage, "how rich is Bob, my secret friend")
    await collector.until(lambda: collector.named("run"))
    for words in ("secret friend", "sweetheart", "Bob the builder"):
        assert words.encode() in collector.raw


@pytest.mark.slow
@pytest.mark.parametrize(("trace", "ratio"), [(UNSAMPLED, 1.0), (SAMPLED, 0.0), ("", 0.0)])
async def test_a_run_that_is_not_chosen_sends_nothing(
    stage: Stage, traced: Traced, collector: Collector, trace: str, ratio: float
) -> None:
    stage.start(tracing=traced.tracing(ratio=ratio))
    await answered(stage, trace=trace)
    await stage.stop()
    await traced.flush()
    assert collector.spans == []


async def test_a_share_of_the_runs_is_chosen_by_their_ids() -> None:
    from worker.operation.run_trace import is_chosen

    ids = [new_run_id() for _ in range(2_000)]
    assert 350 < sum(is_chosen(each, 0.25) for each in ids) < 650
    assert all(is_chosen(each, 1) for each in ids)


@pytest.mark.slow
async def test_a_damaged_trace_of_a_stored_run_is_as_none(
    stage: Stage, traced: Traced, collector: Collector
) -> None:
    stage.start(tracing=traced.tracing())
    run_id = await answered(stage, trace="00-zz")
    await collector.until(lambda: collector.named("run"))
    assert collector.named("run")[0].trace_id == run_id


@pytest.mark.slow
async def test_a_collector_that_is_out_of_reach_holds_nobody_up(stage: Stage) -> None:
    settings = WorkerSettings(forge_table="t", otel_exporter_otlp_endpoint="http://127.0.0.1:9")
    tracing = Tracing(open_export(settings, ""), stage.clock)
    stage.start(tracing=tracing)
    await answered(stage)
    await stage.stop()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await tracing.close()


@pytest.mark.slow
async def test_the_headers_of_the_operator_go_with_the_spans(stage: Stage, collector: Collector) -> None:
    settings = WorkerSettings(forge_table="t", otel_exporter_otlp_endpoint=f"{collector.url}/")
    stage.start(tracing=Tracing(open_export(settings, "x-api-key=a%20key,x-team=forge"), stage.clock))
    await answered(stage)
    await collector.until(lambda: collector.named("run"))
    assert (collector.headers["x-api-key"], collector.headers["x-team"]) == ("a key", "forge")


def test_what_a_library_adds_to_its_spans_is_left_out_until_it_is_listed() -> None:
    span = ReadableSpan(
        "x" * 500, attributes={"gen_ai.input.messages": "hi", "new": "hi", "forge.attempt": 2}
    )
    kept = without_contents(span)
    assert kept.attributes == {"forge.attempt": 2}
    assert len(kept.name) == 128

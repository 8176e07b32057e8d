"""Sends spans to a collector (OTLP over HTTP). It is imported only while tracing is on, because the SDK costs
memory and time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanKind
from opentelemetry.util.re import parse_env_headers
from pydantic_ai.capabilities import AbstractCapability, Instrumentation
from pydantic_ai.models.instrumented import InstrumentationSettings

from worker.operation.run_trace import Origin
from worker.operation.span_contents import without_contents
from worker.settings import WorkerSettings

SCOPE = "forge"
NAME = "forge-mcp"
"""`service.name`, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` sets another one."""
DELAY_MS = 1_000
"""A worker that is killed loses the spans that it has not sent yet."""
_EXPORT_SECONDS = 5
_CLOSE_SECONDS = 1.0


class WithoutContents(SpanExporter):
    """Exports only the parts of each span that may leave the deployment (`worker.operation.span_contents`)."""

    def __init__(self, wrapped: SpanExporter) -> None:
        self._wrapped = wrapped

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._wrapped.export([without_contents(span) for span in spans])

    def shutdown(self) -> None:
        self._wrapped.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._wrapped.force_flush(timeout_millis)


class SpanExport:
    """`with_contents`: prompts, answers, arguments and results are included in the spans."""

    def __init__(self, exporter: SpanExporter, *, with_contents: bool, delay_ms: int = DELAY_MS) -> None:
        self._with_contents = with_contents
        self._processor: SpanProcessor = BatchSpanProcessor(
            exporter if with_contents else WithoutContents(exporter), schedule_delay_millis=delay_ms
        )
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._provider.add_span_processor(self._processor)
        self.tracer = self._provider.get_tracer(SCOPE)

    def capabilities(self) -> list[AbstractCapability[Any]]:
        settings = InstrumentationSettings(
            tracer_provider=self._provider,
            include_content=self._with_contents,
            include_binary_content=False,
            include_model_request_parameters=False,
        )
        return [Instrumentation(settings=settings)]

    def accepted(self, origin: Origin, attributes: Mapping[str, str], start_ms: int, end_ms: int) -> None:
        """Every attempt must know the id of the span of a function's work; the SDK chooses the ids of its own spans."""
        if not origin.accept.trace_flags.sampled:
            return
        self._processor.on_end(
            ReadableSpan(
                "accept",
                origin.accept,
                origin.caller,
                self._provider.resource,
                attributes,
                kind=SpanKind.SERVER,
                start_time=start_ms * 1_000_000,
                end_time=end_ms * 1_000_000,
                instrumentation_scope=InstrumentationScope(SCOPE),
            )
        )

    def flush(self) -> None:
        self._provider.force_flush()

    async def close(self) -> None:
        """Send the remaining spans if the collector accepts them soon; stopping does not wait longer for traces."""
        closing = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, _CLOSE_SECONDS)


def _resource() -> Resource:
    told = Resource.create()
    is_named = not str(told.attributes["service.name"]).startswith("unknown_service")
    return told if is_named else told.merge(Resource({"service.name": NAME}))


def open_export(settings: WorkerSettings, headers: str) -> SpanExport:
    """`headers`: as in `OTEL_EXPORTER_OTLP_HEADERS` (`name=value,name=value`)."""
    exporter = OTLPSpanExporter(
        endpoint=f"{settings.otel_exporter_otlp_endpoint.rstrip('/')}/v1/traces",
        headers=parse_env_headers(headers, liberal=True),
        timeout=_EXPORT_SECONDS,
    )
    return SpanExport(exporter, with_contents=settings.trace_contents)

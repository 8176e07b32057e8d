"""A small OpenTelemetry collector (OTLP over HTTP) that stores what it receives, and signals each arrival."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Received:
    """One span. Ids are in hexadecimal, `parent` is empty for the first of a trace; times are epoch nanoseconds."""

    name: str
    trace_id: str
    span_id: str
    parent: str
    attributes: Mapping[str, Any]
    start: int
    end: int
    is_error: bool
    service: str


@dataclass
class Collector:
    """`raw` is everything that came, as it came; `headers` are those of the newest request."""

    url: str = ""
    raw: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    spans: list[Received] = field(default_factory=list[Received])

    def named(self, beginning: str) -> list[Received]:
        return [span for span in self.spans if span.name.startswith(beginning)]

    async def until(self, condition: Callable[[], Any]) -> None:
        """Fails after `PATIENCE_SECONDS`, with the names of what has come."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not condition():  # noqa: ASYNC110  the spans come in another thread
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError([span.name for span in self.spans]) from None

    def take(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.raw += body
        self.headers = headers
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            service = _plain(resource.resource.attributes).get("service.name", "")
            self.spans += [_received(span, service) for scope in resource.scope_spans for span in scope.spans]


@contextmanager
def collecting() -> Generator[Collector]:
    collector = Collector()
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *call: _Handler(collector, *call))
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="collector", daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, collector: Collector, *call: Any) -> None:
        self._collector = collector
        super().__init__(*call)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        is_known = self.path == "/v1/traces"
        if is_known:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._collector.take(body, headers)
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(200 if is_known else 404)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's own name
        pass


def _received(span: Any, service: str) -> Received:
    return Received(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        attributes=_plain(span.attributes),
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        is_error=span.status.code == 2,
        service=service,
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value") for each in attributes
    }

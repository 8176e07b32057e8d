"""The trace in which a client makes its request. It is stored with the run while tracing is on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from forge.api import dependencies
from forge.models.trace import read_traceparent
from forge.observability import log_fields


async def _caller_trace(request: Request) -> str | None:
    """Return None while tracing is off, and an empty string unless there is exactly one well-formed header."""
    if not dependencies.settings().is_traced:
        return None
    headers = request.headers.getlist("traceparent")
    parent = read_traceparent(headers[0]) if len(headers) == 1 else None
    if parent is None:
        return ""
    log_fields(trace_id=parent.trace_id)
    return headers[0]


CallerTrace = Annotated[str | None, Depends(_caller_trace)]

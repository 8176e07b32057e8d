"""The trace in which a client makes its request, kept with the run while traces are on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from forge.api import dependencies
from forge.models.trace import read_traceparent
from forge.observability import log_fields


async def _caller_trace(request: Request) -> str:
    """Empty while traces are off, or without exactly one well-formed header."""
    headers = request.headers.getlist("traceparent")
    if not dependencies.settings().is_traced or len(headers) != 1:
        return ""
    if (parent := read_traceparent(headers[0])) is None:
        return ""
    log_fields(trace_id=parent.trace_id)
    return headers[0]


CallerTrace = Annotated[str, Depends(_caller_trace)]

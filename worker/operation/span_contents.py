"""The parts of a span that may leave the deployment while contents may not: the names, ids, counts and kinds listed
here.

If a library adds attributes to its spans later, they are left out until they are listed.
"""

from __future__ import annotations

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Status
from opentelemetry.util.types import Attributes

NAMES = frozenset(
    {
        "error.type",
        "exception.type",
        "gen_ai.agent.call.id",
        "gen_ai.agent.name",
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.conversation.id",
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.max_tokens",
        "gen_ai.request.model",
        "gen_ai.request.temperature",
        "gen_ai.request.top_p",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.id",
        "gen_ai.response.model",
        "gen_ai.system",
        "gen_ai.tool.call.id",
        "gen_ai.tool.name",
        "operation.cost",
        "pydantic_ai.tool.deferral.name",
        "pydantic_ai.tool.failure_stage",
        "server.address",
        "server.port",
    }
)
BEGINNINGS = (
    "forge.",
    "gen_ai.aggregated_usage.",
    "gen_ai.usage.",
    "messaging.",
    "pydantic_ai.cache.",
    "pydantic_ai.tool.retry.",
)
LONGEST = 128
"""Maximum characters of a text, because the LLM may have invented the name of a tool."""


def without_contents(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        span.name[:LONGEST],
        span.context,
        span.parent,
        span.resource,
        listed(span.attributes),
        [Event(event.name, listed(event.attributes), event.timestamp) for event in span.events],
        span.links,
        span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def listed(attributes: Attributes) -> Attributes:
    return {
        name: value[:LONGEST] if isinstance(value, str) else value
        for name, value in (attributes or {}).items()
        if name in NAMES or name.startswith(BEGINNINGS)
    }

"""The entry stack of Lambda handlers for HTTP, defined once: invocation (logs, metrics), Mangum, the application."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from mangum import Mangum

from forge.api.dependencies import Need, prepare
from forge.observability import invocation, log_fields

logger = logging.getLogger(__name__)

Event = dict[str, Any]
Handler = Callable[[Event, Any], Any]

_TEXT = ["text/", "application/json", "application/problem+json"]


def lambda_handler(app: FastAPI, *needs: Need) -> Handler:
    """Return the handler for events of an HTTP API (payload format 2.0). It may be called from several threads at
    once.

    `needs` names the parts of `dependencies` that the endpoint uses.
    """
    prepare(needs)

    def handler(event: Event, context: Any) -> Any:
        with invocation(
            function=getattr(context, "function_name", None),
            correlation_id=event.get("requestContext", {}).get("requestId"),
        ):
            log_fields(route=event.get("routeKey"))
            started = time.perf_counter()
            # Mangum is made for each call, because it creates an event loop for a calling thread that has none.
            response: Any = Mangum(app, lifespan="off", text_mime_types=_TEXT)(event, context)
            logger.info(
                "request answered",
                extra={
                    "status": response["statusCode"],
                    "milliseconds": round((time.perf_counter() - started) * 1_000, 1),
                    "request_bytes": len(event.get("body") or ""),
                    "response_bytes": len(response.get("body") or ""),
                },
            )
            return response

    return handler

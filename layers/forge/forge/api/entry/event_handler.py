"""The entry stack of handlers for streams and schedules, defined once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from forge.api.dependencies import Need, prepare
from forge.observability import error_fields, invocation

logger = logging.getLogger(__name__)

Event = dict[str, Any]
Handler = Callable[[Event, Any], Any]


def event_handler(action: Callable[[Event], Any], *needs: Need) -> Handler:
    """The handler returns what `action` returns. It raises errors, so that the service that invoked it tries again."""
    prepare(needs)

    def handler(event: Event, context: Any) -> Any:
        with invocation(
            function=getattr(context, "function_name", None),
            correlation_id=getattr(context, "aws_request_id", None),
        ):
            try:
                return action(event)
            except Exception as error:  # the error's text may hold contents, so it is not logged
                logger.error("unexpected error", extra=error_fields(error))
                raise

    return handler

"""The entry stack of WebSocket routes, defined once: invocation (logs, metrics), the action, errors as frames."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from forge.api import dependencies
from forge.api.dependencies import Need, prepare
from forge.api.entry.statuses import UNEXPECTED, status_of, title_of
from forge.errors import ConnectionGone, ForgeError, StillRateLimited, StorageUnavailable
from forge.models.frame import ErrorFrame
from forge.observability import error_fields, invocation, log_fields, record

logger = logging.getLogger(__name__)

Event = dict[str, Any]
Handler = Callable[[Event, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SocketCall:
    """An event of a WebSocket API. Only a connect event has `headers`, `query` and `source`."""

    connection_id: str
    """API Gateway's id of the connection."""
    body: str
    """The client's frame as text; empty for connect and disconnect."""
    headers: Mapping[str, str]
    """The headers of the handshake, with names in lower case."""
    query: Mapping[str, str]
    """The parameters of the handshake's URL."""
    source: str = ""
    """The address of the caller; empty if the event does not tell it."""

    @classmethod
    def of(cls, event: Event) -> SocketCall:
        headers: dict[str, str] = event.get("headers") or {}
        identity: dict[str, str] = event["requestContext"].get("identity") or {}
        return cls(
            connection_id=event["requestContext"]["connectionId"],
            body=event.get("body") or "",
            headers={name.lower(): value for name, value in headers.items()},
            query=event.get("queryStringParameters") or {},
            source=identity.get("sourceIp") or "",
        )


def connect_handler(action: Callable[[SocketCall], None], *needs: Need) -> Handler:
    """Handle `$connect` and `$disconnect`; errors become the status of the handshake."""
    prepare(needs)
    return _handler(action, lambda _call, status, _detail: {"statusCode": status})


def frame_handler(action: Callable[[SocketCall], None], *needs: Need) -> Handler:
    """Handle frames; an error becomes an `error` frame, and the connection stays open."""
    prepare(needs)
    return _handler(action, _post_error)


def _handler(
    action: Callable[[SocketCall], None], refused: Callable[[SocketCall, int, str], dict[str, Any]]
) -> Handler:
    def handler(event: Event, context: Any) -> dict[str, Any]:
        call = SocketCall.of(event)
        with invocation(
            function=getattr(context, "function_name", None),
            correlation_id=event["requestContext"].get("requestId"),
            connection_id=call.connection_id,
        ):
            log_fields(route=event["requestContext"].get("routeKey"))
            try:
                action(call)
                return {"statusCode": 200}
            except StillRateLimited:  # answering every frame of a flood would be a flood itself
                return {"statusCode": 200}
            except ForgeError as error:
                status = status_of(error)
                logger.info("frame refused", extra={"status": status, "bytes": len(call.body)})
                return refused(call, status, error.detail)
            # API Gateway's own error message would not be one of our frames; the error's text may hold contents.
            except Exception as error:  # noqa: BLE001
                logger.error("unexpected error", extra=error_fields(error))
                record("UnexpectedErrors")
                return refused(call, 500, UNEXPECTED)

    return handler


def _post_error(call: SocketCall, status: int, detail: str) -> dict[str, Any]:
    frame = ErrorFrame(status=status, title=title_of(status), detail=detail)
    try:
        dependencies.connections().post(call.connection_id, frame.model_dump_json())
    except (ConnectionGone, StorageUnavailable):
        logger.info("error frame not posted")
    return {"statusCode": 200}

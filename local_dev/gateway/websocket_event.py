"""The events that an API Gateway WebSocket API passes to its functions."""

from __future__ import annotations

import base64
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl

from starlette.types import Scope

from local_dev.gateway.http_event import client_address, request_time


def new_connection_id() -> str:
    """Return 16 characters that end with `=`, as API Gateway's ids do, so a program must encode them in a URL."""
    return base64.urlsafe_b64encode(os.urandom(11)).decode()


@dataclass(frozen=True, slots=True)
class Origin:
    """The fields that all events of a connection share."""

    stage: str
    """The stage's name."""
    scope: Scope
    """The ASGI scope of the handshake."""
    connection_id: str = field(default_factory=new_connection_id)
    """The id of the connection, in API Gateway's form."""
    connected_at: int = field(default_factory=lambda: request_time()[1])
    """The time of the handshake, in epoch milliseconds."""

    def event(self, kind: str, route_key: str, **context: Any) -> dict[str, Any]:
        """`kind`: CONNECT, MESSAGE or DISCONNECT."""
        moment, milliseconds = request_time()
        headers = _header_lists(self.scope)
        request_id = uuid.uuid4().hex[:15] + "="
        return {
            "requestContext": {
                "routeKey": route_key,
                "eventType": kind,
                "extendedRequestId": request_id,
                "requestTime": moment,
                "messageDirection": "IN",
                "stage": self.stage,
                "connectedAt": self.connected_at,
                "requestTimeEpoch": milliseconds,
                "identity": {
                    "sourceIp": client_address(self.scope),
                    "userAgent": headers.get("User-Agent", [""])[-1],
                },
                "requestId": request_id,
                "domainName": headers.get("Host", ["localhost"])[-1],
                "connectionId": self.connection_id,
                "apiId": "local",
                **context,
            },
            "isBase64Encoded": False,
        }

    def connect(self) -> dict[str, Any]:
        headers = _header_lists(self.scope)
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True):
            query.setdefault(name, []).append(value)
        event = self.event("CONNECT", "$connect")
        event |= {
            "headers": {name: values[-1] for name, values in headers.items()},
            "multiValueHeaders": headers,
        }
        if query:
            event["queryStringParameters"] = {name: values[-1] for name, values in query.items()}
            event["multiValueQueryStringParameters"] = query
        return event

    def message(self, route_key: str, body: str | bytes) -> dict[str, Any]:
        event = self.event("MESSAGE", route_key, messageId=uuid.uuid4().hex[:15] + "=")
        if isinstance(body, bytes):
            return event | {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        return event | {"body": body}

    def disconnect(self, code: int, reason: str) -> dict[str, Any]:
        return self.event("DISCONNECT", "$disconnect", disconnectStatusCode=code, disconnectReason=reason)


def route_of(body: str | bytes, selector: str, routes: Mapping[str, object]) -> str:
    """Return the route that the body's field `selector` names, else `$default`."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return "$default"
    key = cast(dict[str, Any], content).get(selector) if isinstance(content, dict) else None
    return key if isinstance(key, str) and key in routes and not key.startswith("$") else "$default"


def _header_lists(scope: Scope) -> dict[str, list[str]]:
    """Return names in API Gateway's spelling: `User-Agent`, `Host`."""
    headers: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").title(), []).append(value.decode("latin-1"))
    return headers

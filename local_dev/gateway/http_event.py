"""Conversion of HTTP to and from Lambda events, as an API Gateway HTTP API does it (payload format 2.0)."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Scope

from local_dev.http_server.asgi import joined_headers

_TEXT_TYPES = ("application/json", "application/javascript", "application/xml", "application/problem+json")


def http_event(scope: Scope, route_key: str, parameters: Mapping[str, str], body: bytes) -> dict[str, Any]:
    headers = joined_headers(scope)
    cookies = [cookie.strip() for cookie in headers.pop("cookie", "").split(";") if cookie.strip()]
    query = scope["query_string"].decode("latin-1")
    path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
    text, encoded = encode_body(body, headers.get("content-type", ""))
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": _request_context(scope, route_key, path, headers),
        "isBase64Encoded": encoded,
    }
    optional = {
        "cookies": cookies,
        "queryStringParameters": joined_query(query),
        "pathParameters": dict(parameters),
        "body": text,
    }
    return event | {name: value for name, value in optional.items() if value}


def joined_query(query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


def encode_body(body: bytes, content_type: str) -> tuple[str, bool]:
    """Return text unchanged and everything else as base64, and whether it is base64."""
    kind = content_type.partition(";")[0].strip().lower()
    if not kind or kind.startswith("text/") or kind in _TEXT_TYPES:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def client_address(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else "127.0.0.1"


def request_time() -> tuple[str, int]:
    """Return the time in the gateway's format, and in epoch milliseconds."""
    now = time.time()
    return datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"), int(now * 1000)


def _request_context(scope: Scope, route_key: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    domain = headers.get("host", "localhost")
    moment, milliseconds = request_time()
    return {
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": scope["method"],
            "path": path,
            "protocol": f"HTTP/{scope['http_version']}",
            "sourceIp": client_address(scope),
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": uuid.uuid4().hex,
        "routeKey": route_key,
        "stage": "$default",
        "time": moment,
        "timeEpoch": milliseconds,
    }

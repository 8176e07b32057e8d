"""Conversion of HTTP to and from Lambda events, as an API Gateway HTTP API does it (payload format 2.0)."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import parse_qsl

from starlette.types import Scope

_TEXT_TYPES = ("application/json", "application/javascript", "application/xml", "application/problem+json")


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to the client."""

    status: int
    """The HTTP status."""
    body: bytes = b""
    """The whole body."""
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """The header fields; a name may repeat (`set-cookie`)."""

    @classmethod
    def message(cls, status: int, text: str) -> Answer:
        """The gateway's own errors."""
        body = json.dumps({"message": text}, separators=(",", ":")).encode()
        return cls(status, body, [("content-type", "application/json")])

    @classmethod
    def of_handler(cls, result: Any) -> Answer:
        """Convert a handler's result. As in the gateway, a result without `statusCode` is the JSON body of a 200."""
        if not isinstance(result, dict) or "statusCode" not in result:
            text = result if isinstance(result, str) else json.dumps(result)
            return cls(200, text.encode(), [("content-type", "application/json")])
        response = cast(dict[str, Any], result)
        body = response.get("body") or ""
        content = base64.b64decode(body) if response.get("isBase64Encoded") else str(body).encode()
        single: dict[str, Any] = response.get("headers") or {}
        multiple: dict[str, list[Any]] = response.get("multiValueHeaders") or {}
        headers = {name.lower(): str(value) for name, value in single.items()}
        headers |= {name.lower(): ",".join(str(value) for value in each) for name, each in multiple.items()}
        headers.pop("content-length", None)
        cookies: list[str] = response.get("cookies") or []
        repeated = [("set-cookie", cookie) for cookie in cookies]
        return cls(int(response["statusCode"]), content, [*headers.items(), *repeated])


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


def joined_headers(scope: Scope) -> dict[str, str]:
    """Names are in lower case; values of repeated headers are joined by commas."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        separator = "; " if name == "cookie" else ","
        headers[name] = f"{headers[name]}{separator}{value}" if name in headers else value
    return headers


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

"""The answer to a request: whole, and also made from what a function returns."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any, cast


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

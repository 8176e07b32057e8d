"""An external MCP server over streamable HTTP, without our libraries, that answers as its test says."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.serving import serving

TOOL = {"name": "pay", "description": "Pays.", "inputSchema": {"type": "object"}}
LISTED = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
DISCOVERED = {
    "result": {
        "resultType": "complete",
        "supportedVersions": ["2026-07-28"],
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "s", "version": "1"},
        "ttlMs": 0,
        "cacheScope": "private",
    }
}

CODED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "GZIP": gzip.compress,
    "deflate": zlib.compress,
    "identity": bytes,
}


@dataclass
class Reply:
    """`body` a dict: the members of a JSON-RPC answer, to which the request's id is added. `codings` are applied to it
    in this order; the server uses them although nobody asks for them. Of what comes of it, only the first
    `share` is sent. `listed`: in a list, as the batches of MCP 2025-03-26.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: dict[str, Any] | bytes = b""
    kind: str = "application/json"
    codings: tuple[str, ...] = ()
    share: float = 1.0
    listed: bool = False


@dataclass
class WebStranger:
    """`call` answers calls, `everything` all requests. A session that is not the current one is not known.

    `handshake` and `listing` are added to the result of `initialize` and `tools/list`; `resumed` answers requests for a
    stream. `forgets_after_effect`: the session ends with each call, after the call has had its effect.
    """

    url: str
    call: Reply = field(default_factory=lambda: Reply(body=said("paid")))
    everything: Reply | None = None
    forgotten: Reply = field(default_factory=lambda: Reply(404, body=b"{}"))
    definitions: list[Any] = field(default_factory=lambda: [TOOL])
    handshake: dict[str, Any] = field(default_factory=dict[str, Any])
    listing: dict[str, Any] = field(default_factory=dict[str, Any])
    resumed: Reply = field(default_factory=lambda: Reply(405))
    is_modern: bool = False
    forgets_after_effect: bool = False
    session: int = 0
    calls: int = 0
    opened: int = 0
    seen: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (event := await receive())["type"] == "http.request":
            body += event["body"]
            if not event.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.seen.append(headers)
        request = json.loads(body) if body else {}
        reply = self.everything or self.answer(scope["method"], request, headers)
        content = reply.body
        if isinstance(content, dict):
            content = json.dumps({"jsonrpc": "2.0", "id": request.get("id"), **content}).encode()
        if reply.listed:
            content = b"[" + content + b"]"
        if reply.kind == "text/event-stream" and isinstance(reply.body, dict):
            content = b"data: " + content + b"\n\n"
        for coding in reply.codings:
            content = CODED[coding](content)
        content = content[: int(len(content) * reply.share)]
        coded = {"content-encoding": ", ".join(reply.codings)} if reply.codings else {}
        sent = {"content-type": reply.kind, **coded, **reply.headers}
        start = [(name.encode(), value.encode()) for name, value in sent.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": start})
        await send({"type": "http.response.body", "body": content})

    def answer(self, method: str, request: dict[str, Any], headers: dict[str, str]) -> Reply:
        if method != "POST":
            return self.resumed
        if request["method"] == "initialize":
            self.opened += 1
            info = {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "s", "version": "1"},
                **self.handshake,
            }
            return Reply(headers={"mcp-session-id": str(self.session)}, body={"result": info})
        if request["method"] == "server/discover":
            return Reply(body=DISCOVERED if self.is_modern else {"error": {"code": -32601, "message": "no"}})
        if not self.is_modern and headers.get("mcp-session-id") != str(self.session):
            return self.forgotten
        if "id" not in request:
            return Reply(202)
        if request["method"] == "tools/list":
            more = LISTED if self.is_modern else self.listing
            return Reply(body={"result": {"tools": self.definitions, **more}})
        if request["method"] == "ping":
            return Reply(body={"result": {}})
        self.calls += 1
        if self.forgets_after_effect:
            self.session += 1
            return self.forgotten
        return self.call


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"result": {"content": [{"type": "text", "text": text}], **more}}


@asynccontextmanager
async def web_stranger(**more: Any) -> AsyncGenerator[WebStranger]:
    stranger = WebStranger("", **more)
    async with serving(stranger, ws="none", lifespan="off", interface="asgi3") as port:
        stranger.url = f"http://127.0.0.1:{port}/mcp"
        yield stranger

"""Serves the page's files as CloudFront does: compressed, with the template's security headers, never from an old
cache."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from local_dev.asgi import respond
from local_dev.http_event import Answer

STRICT_POLICY = (
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
)
"""For a template without a policy of its own."""


class Page:
    def __init__(self, folder: Path, headers: Mapping[str, str]) -> None:
        self._files = StaticFiles(directory=folder, html=True, check_dir=False)
        self._headers = {"content-security-policy": STRICT_POLICY, "cache-control": "no-cache", **headers}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise HTTPException(404)
            path = self._files.get_path(scope)
            response = await self._files.get_response(path, scope)
        except (HTTPException, RuntimeError):
            await respond(scope, send, Answer.message(404, "Not Found"))
            return
        await GZipMiddleware(response, minimum_size=500, compresslevel=6)(scope, receive, secured)

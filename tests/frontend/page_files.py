"""The page's own files, as they are deployed, and as they stand in their folder."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from local_dev.gateway.page_version import FOLDER, IMMUTABLE, published, with_config

PAGE = Path(__file__).parents[2] / "frontend"


class PageFiles:
    """`config` is asked for with each visit."""

    def __init__(self, config: Callable[[], str]) -> None:
        self._config = config
        self._published = published(PAGE)

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self._index),
            web.get("/unbuilt", self._unbuilt),
            web.get(f"/{FOLDER}{{version}}/{{path:.+}}", self._file),
            web.static("/", PAGE),
        ]

    async def _index(self, _request: web.Request) -> web.Response:
        """As it is deployed, in few files: a page of a hundred modules takes a test much longer to open."""
        return self._with_policy(self._published.index.decode())

    async def _unbuilt(self, _request: web.Request) -> web.Response:
        return self._with_policy((PAGE / "index.html").read_text())

    def _with_policy(self, index: str) -> web.Response:
        """The server's header says what may be called; the page leaves that to it, for a login's issuer."""
        policy = {"content-security-policy": "connect-src 'self'"}
        text = with_config(index, self._config())
        return web.Response(text=text, content_type="text/html", headers=policy)

    async def _file(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        kind, _ = mimetypes.guess_type(path)
        headers = {"cache-control": IMMUTABLE}
        return web.Response(
            body=self._published.files[path], content_type=kind or "text/plain", headers=headers
        )

"""Serves the page's files as CloudFront does: compressed, with the template's security headers, never from an old
cache (`no-cache`: the browser asks with the file's ETag and mostly hears 304)."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.types import Receive, Scope, Send

from local_dev.asgi import respond
from local_dev.http_event import Answer, joined_headers

STRICT_POLICY = (
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
)
"""For a template without a policy of its own."""
SMALLEST_COMPRESSED = 500
TEXT = ("text/", "image/svg", "application/json")


@dataclass(frozen=True, slots=True)
class _File:
    """`compressed` is None where that gains nothing."""

    version: tuple[int, int]
    content: bytes
    compressed: bytes | None
    content_type: str
    etag: str


class Page:
    """A file is read and compressed when it is asked for first, and again when it has changed."""

    def __init__(self, folder: Path, headers: Mapping[str, str], config: str = "{}") -> None:
        """`config`: what the deployment writes in the place of the folder's `config.json`."""
        self._folder = folder.resolve()
        self._headers = {"content-security-policy": STRICT_POLICY, "cache-control": "no-cache", **headers}
        self._config = config.encode()
        self._read: dict[Path, _File] = {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/config.json":
            config = [*self._headers.items(), ("content-type", "application/json")]
            await respond(scope, send, Answer(200, self._config, config))
            return
        found = self._found(scope["path"]) if scope["method"] in ("GET", "HEAD") else None
        answer = Answer.message(404, "Not Found") if found is None else self._answer(scope, found)
        await respond(scope, send, answer)

    def _answer(self, scope: Scope, file: _File) -> Answer:
        asked = joined_headers(scope)
        headers = {**self._headers, "etag": file.etag, "vary": "accept-encoding"}
        if file.etag in asked.get("if-none-match", ""):
            return Answer(304, b"", [*headers.items()])
        headers["content-type"] = file.content_type
        if file.compressed is None or "gzip" not in asked.get("accept-encoding", ""):
            return Answer(200, file.content, [*headers.items()])
        return Answer(200, file.compressed, [*headers.items(), ("content-encoding", "gzip")])

    def _found(self, path: str) -> _File | None:
        try:
            wanted = (self._folder / path.lstrip("/")).resolve()
            if not wanted.is_relative_to(self._folder):
                return None
            wanted = wanted / "index.html" if wanted.is_dir() else wanted
            now = wanted.stat()
            version = (now.st_mtime_ns, now.st_size)
            known = self._read.get(wanted)
            if known is None or known.version != version:
                known = self._read[wanted] = _file(wanted, version)
        except (OSError, ValueError):
            return None
        return known


def _file(path: Path, version: tuple[int, int]) -> _File:
    content = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = kind.startswith(TEXT)
    compressed = (
        gzip.compress(content, 6, mtime=0) if is_text and len(content) >= SMALLEST_COMPRESSED else None
    )
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    return _File(version, content, compressed, f"{kind}; charset=utf-8" if is_text else kind, etag)

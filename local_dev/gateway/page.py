"""Serves the page as CloudFront does: compressed, with the template's security headers, never from an outdated cache.

Browsers revalidate `index.html` each time (`no-cache`, with its ETag) and keep the files that it names
(`page_version`).
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from starlette.types import Receive, Scope, Send

from local_dev.gateway.page_version import FOLDER, IMMUTABLE, Published, page_files, published
from local_dev.http_server.answer import Answer
from local_dev.http_server.asgi import joined_headers, respond

STRICT_POLICY = (
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
)
"""The headers for a template without a policy of its own."""
INDEX = ("/", "/index.html")
SMALLEST_COMPRESSED = 500
TEXT = ("text/", "image/svg", "application/json")


@dataclass(frozen=True, slots=True)
class _File:
    """`compressed` is None if compression does not make the file smaller."""

    content: bytes
    compressed: bytes | None
    content_type: str
    etag: str


class Page:
    """Files are read and compressed on their first request, and again when they have changed."""

    def __init__(self, folder: Path, headers: Mapping[str, str], config: str = "{}") -> None:
        """`config`: the deployment's configuration of the page (`page_version.with_config`)."""
        self._folder = folder.resolve()
        self._headers = {"content-security-policy": STRICT_POLICY, "cache-control": "no-cache", **headers}
        self._config = config
        self._read: dict[str, tuple[object, _File]] = {}
        self._published: tuple[object, Published | None] = (None, None)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        is_kept = path.startswith(f"/{FOLDER}")
        found: _File | None = None
        if path in INDEX and scope["method"] in ("GET", "HEAD"):  # which may have to be built again
            found = await asyncio.to_thread(self._found, path, is_kept=False)
        elif scope["method"] in ("GET", "HEAD"):
            found = self._found(path, is_kept=is_kept)
        if found is None:
            await respond(scope, send, Answer.message(404, "Not Found"))
            return
        headers = {"cache-control": IMMUTABLE} if is_kept else self._headers
        await respond(scope, send, _answer(scope, found, headers))

    def _found(self, path: str, *, is_kept: bool) -> _File | None:
        if is_kept:
            return self._of_version(*path.removeprefix(f"/{FOLDER}").partition("/")[::2])
        try:
            if path in INDEX:
                current = self._current()
                return self._kept("index.html", current.version, lambda: current.index)
            return self._on_disk(path)
        except (OSError, ValueError):
            return None

    def _of_version(self, version: str, path: str) -> _File | None:
        """Return a file of the version whose `index.html` was requested last; files of other versions do not exist."""
        _, known = self._published
        if known is None or known.version != version:
            with contextlib.suppress(OSError):
                known = self._current()
        if known is None or known.version != version or path not in known.files:
            return None
        return self._kept(f"{FOLDER}{path}", version, lambda: known.files[path])

    def _on_disk(self, path: str) -> _File | None:
        """Raises OSError, ValueError."""
        wanted = (self._folder / path.lstrip("/")).resolve()
        if not wanted.is_relative_to(self._folder):
            return None
        return self._kept(wanted.relative_to(self._folder).as_posix(), _stamp(wanted), wanted.read_bytes)

    def _kept(self, name: str, stamp: object, content: Callable[[], bytes]) -> _File:
        """Return the compressed file if its stamp has not changed. `name` is the file's own: a path has any number of
        spellings, of which each would keep a copy.
        """
        known = self._read.get(name)
        if known is None or known[0] != stamp:
            known = self._read[name] = (stamp, _file(name, content()))
        return known[1]

    def _current(self) -> Published:
        """Return the files in the folder now. Raises OSError."""
        stamp = [(path, _stamp(self._folder / path)) for path in page_files(self._folder)]
        known = self._published
        if known[1] is None or known[0] != stamp:
            known = self._published = (stamp, published(self._folder, self._config))
        return cast("Published", known[1])


def _stamp(path: Path) -> tuple[int, int]:
    now = path.stat()
    return now.st_mtime_ns, now.st_size


def _answer(scope: Scope, file: _File, headers: Mapping[str, str]) -> Answer:
    asked = joined_headers(scope)
    headers = {**headers, "etag": file.etag, "vary": "accept-encoding"}
    if file.etag in asked.get("if-none-match", ""):
        return Answer(304, b"", [*headers.items()])
    headers["content-type"] = file.content_type
    if file.compressed is None or "gzip" not in asked.get("accept-encoding", ""):
        return Answer(200, file.content, [*headers.items()])
    return Answer(200, file.compressed, [*headers.items(), ("content-encoding", "gzip")])


def _file(name: str, content: bytes) -> _File:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_text = kind.startswith(TEXT)
    compressed = (
        gzip.compress(content, 6, mtime=0) if is_text and len(content) >= SMALLEST_COMPRESSED else None
    )
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    return _File(content, compressed, f"{kind}; charset=utf-8" if is_text else kind, etag)

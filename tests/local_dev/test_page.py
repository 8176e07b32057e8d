"""The page's files as the gateway serves them: small, strict, current, and no other files."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from local_dev.gateway.gateway import Server
from local_dev.gateway.page import Page
from local_dev.gateway.page_bundle import esbuild
from local_dev.gateway.page_version import IMMUTABLE, Published, published
from local_dev.http_server.limits import Limits
from tests.local_dev.conftest import Application
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.processes


async def test_the_page_is_served_strictly_and_never_from_an_old_cache(application: Application):
    (application.page / "index.html").write_text("<p>page</p>")
    (application.page / "main.js").write_text("1")
    application.page_headers = {"content-security-policy": "default-src 'none'"}
    async with (
        application.running() as running,
        httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_SECONDS) as client,
    ):
        page, script = await client.get("/"), await client.get("/main.js")
        known = {"If-None-Match": script.headers["etag"]}
        again = await client.get("/main.js", headers=known)
        (application.page / "main.js").write_text("22")
        changed = await client.get("/main.js", headers=known)
    assert page.text == "<p>page</p>"
    assert page.headers["content-security-policy"] == "default-src 'none'"
    assert page.headers["cache-control"] == "no-cache"
    assert script.headers["content-type"].startswith("text/javascript")
    assert (again.status_code, again.content) == (304, b"")
    assert (changed.status_code, changed.text) == (200, "22")


async def test_what_the_page_names_has_another_name_once_it_changes(application: Application):
    (application.page / "index.html").write_text(
        '<script src="main.js"></script><a href="https://e.com" href="#x">'
    )
    (application.page / "main.js").write_text("1")
    async with (
        application.running() as running,
        httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_SECONDS) as client,
    ):
        before = (await client.get("/")).text.split('"')[1]
        file = await client.get(f"/{before}")
        (application.page / "main.js").write_text("22")
        page = (await client.get("/")).text
        after = page.split('"')[1]
        gone, changed = await client.get(f"/{before}"), await client.get(f"/{after}")
        bare = await client.get(f"/{after.partition('/')[0]}")
    assert (file.text, changed.text, gone.status_code, bare.status_code) == ("1", "22", 404, 404)
    assert file.headers["cache-control"] == IMMUTABLE
    assert page.endswith('<a href="https://e.com" href="#x">')


INDEX = """<link rel="stylesheet" href="a.css">
<link rel="stylesheet" href="b.css">
<link rel="stylesheet" href="print.css" media="print">
<link rel="modulepreload" href="page/other.js">
<script type="module" src="page/main.js"></script>
"""


def a_page(folder: Path, other: str) -> Published:
    for sheet in ("a", "b", "print"):
        (folder / f"{sheet}.css").write_text(f".{sheet} {{}}")
    (folder / "page").mkdir()
    (folder / "page" / "main.js").write_text("import { word } from './other.js';\nconsole.log(word);")
    (folder / "page" / "other.js").write_text(other)
    (folder / "index.html").write_text(INDEX)
    return published(folder)


needs_esbuild = pytest.mark.skipif(esbuild() is None, reason="no esbuild for this platform")


@needs_esbuild
def test_modules_are_one_file_and_style_sheets_another(tmp_path: Path):
    page = a_page(tmp_path, "export const word = 'said';")
    named = re.findall(rb'(?:href|src)="v-\w+/([^"]+)"', page.index)
    assert named == [b"style/all.css", b"print.css", b"page/main.js"]
    assert page.files["style/all.css"] == b".a {}\n.b {}"
    assert b"said" in page.files["page/main.js"]
    assert b"import" not in page.files["page/main.js"]
    assert b"other.js" in page.files["page/main.js.map"]


@needs_esbuild
def test_modules_with_an_error_are_served_as_they_are_so_that_the_browser_shows_it(tmp_path: Path):
    page = a_page(tmp_path, "export const word = ;")
    assert b"page/other.js" in page.index
    assert page.files["page/main.js"].startswith(b"import { word }")


async def test_the_page_is_compressed_for_those_who_can_read_it(application: Application):
    (application.page / "main.js").write_text("let word;\n" * 100)
    async with (
        application.running() as running,
        httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_SECONDS) as client,
    ):
        small = await client.get("/main.js")
        whole = await client.get("/main.js", headers={"Accept-Encoding": "identity"})
    assert small.headers["content-encoding"] == "gzip"
    assert small.text == whole.text
    assert len(whole.content) == int(whole.headers["content-length"]) == 1000
    assert small.num_bytes_downloaded < 200


async def test_nothing_outside_the_page_is_served(application: Application):
    (application.page / "index.html").write_text("page")
    (application.page.parent / "secret.txt").write_text("secret")
    async with (
        application.running() as running,
        httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_SECONDS) as client,
    ):
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd", "/no%00where", "/nowhere"):
            assert (await client.get(path)).status_code == 404, path
        assert (await client.post("/")).status_code == 404
        head = await client.head("/")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "4")


def test_all_spellings_of_a_path_share_one_copy_of_the_file(tmp_path: Path):
    (tmp_path / "main.js").write_text("1")
    page = Page(tmp_path, {})
    spellings = ("/main.js", "//main.js", "/./main.js", "/x/../main.js", "/./x/.././main.js")
    copies = [page._found(each, is_kept=False) for each in spellings]
    assert copies[0] is not None
    assert all(each is copies[0] for each in copies)


def test_answers_do_not_wait_for_an_acknowledgement_in_between():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Server(cast("Any", None), listener, Limits())
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

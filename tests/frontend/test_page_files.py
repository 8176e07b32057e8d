"""The files of the page: small, self-contained, and consistent with the server about the frames."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from forge.models.frame import CLIENT_FRAME, SERVER_FRAME
from local_dev.gateway.cloudfront import Front, Visitors
from local_dev.gateway.page import Page
from local_dev.gateway.page_version import FOLDER, IMMUTABLE
from local_dev.template.intrinsics import Template
from local_dev.template.wiring import Wiring

FRONTEND = Path(__file__).parents[2] / "frontend"
SERVED = [path for path in FRONTEND.rglob("*") if path.suffix in {".js", ".css", ".html", ".svg"}]
INDEX = (FRONTEND / "index.html").read_text()
WIRING = Wiring(Template.load(FRONTEND.parent / "template.yaml", region="us-east-1"))


@pytest.mark.processes
async def test_the_first_visit_asks_for_six_files_of_74_kb_as_it_is_served() -> None:
    """Everything that it loads, compressed as CloudFront and `make run` do it, with the headers."""
    loaded = set(re.findall(r'(?:src|href)="([^"#]+)"', INDEX))
    assert loaded == {str(path.relative_to(FRONTEND)) for path in SERVED} - {"index.html"}
    weight = 0
    async with browsing() as client:
        index = await client.get("/")
        named = set(re.findall(r'(?:src|href)="([^"#]+)"', index.text))
        assert len(named) == 5
        for path in ("", *named):
            async with client.stream("GET", f"/{path}") as response:
                assert response.status_code == 200, path
                weight += len(b"".join([chunk async for chunk in response.aiter_raw()]))
                weight += sum(len(name) + len(value) + 4 for name, value in response.headers.raw)
    assert weight < 74_000


@pytest.mark.processes
async def test_browsers_ask_for_the_index_anew_and_keep_what_it_names() -> None:
    """So a reload asks for one file, and never mixes modules of two versions."""
    async with browsing() as client:
        index = await client.get("/")
        files = [await client.get(f"/{path}") for path in re.findall(r'(?:src|href)="(v-[^"]+)"', index.text)]
        [version] = {str(file.url.path).split("/")[1] for file in files}
        assert (await client.get(f"/{version}0/page/main.js")).status_code == 404
    assert index.headers["cache-control"] == "no-cache"
    assert {file.headers["cache-control"] for file in files} == {IMMUTABLE}
    assert all(file.status_code == 200 for file in files)


def test_cloudfront_compresses_the_page_and_its_files() -> None:
    [distribution] = WIRING.template.resources("AWS::CloudFront::Distribution").values()
    config = distribution["DistributionConfig"]
    files = next(each for each in config["CacheBehaviors"] if each["PathPattern"] == f"/{FOLDER}*")
    for behaviour in (config["DefaultCacheBehavior"], files):
        assert (behaviour["TargetOriginId"], behaviour["Compress"]) == ("page", True)


@asynccontextmanager
async def browsing() -> AsyncGenerator[httpx.AsyncClient]:
    page = Page(FRONTEND, WIRING.page_headers())
    front = Front(page.handle, Visitors(), "secret", WIRING.api_headers())
    transport = httpx.ASGITransport(app=front)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


def test_page_names_nothing_outside_itself() -> None:
    assert not re.search(r'(?:src|href)="(?:https?:)?//', INDEX)
    assert not [
        path
        for path in SERVED
        if re.search(r"@import|url\(\s*['\"]?http", path.read_text(), re.IGNORECASE) and path.suffix == ".css"
    ]


def test_every_module_is_preloaded() -> None:
    modules = {str(path.relative_to(FRONTEND)) for path in SERVED if path.suffix == ".js"} - {
        "page/theme_early.js"
    }
    assert set(re.findall(r'rel="modulepreload" href="([^"]+)"', INDEX)) == modules


def test_every_icon_that_is_named_exists() -> None:
    defined = set(re.findall(r'<symbol id="icon-([\w-]+)"', INDEX))
    named = set(re.findall(r'href="#icon-([\w-]+)"', INDEX))
    for path in (FRONTEND / "page").rglob("*.js"):
        named |= set(re.findall(r"icon(?:Button)?\('([\w-]+)'", path.read_text()))
    assert named <= defined


def test_content_is_never_parsed_as_html() -> None:
    dangerous = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    assert not [path.name for path in SERVED if path.suffix == ".js" and dangerous.search(path.read_text())]


def test_frame_types_are_those_of_the_server() -> None:
    frames = (FRONTEND / "client/frames.js").read_text()
    for constant, union in (("SERVER_FRAME_TYPES", SERVER_FRAME), ("CLIENT_FRAME_TYPES", CLIENT_FRAME)):
        named = re.search(rf"{constant} = .*?\(\[(.*?)\]\)", frames)
        assert named
        tags = set(union.json_schema()["discriminator"]["mapping"])
        assert set(re.findall(r"'(\w+)'", named[1])) == tags


def test_files_stay_short() -> None:
    """The list of files to load in advance is not counted: a file more makes it longer, and should not be avoided."""
    assert {path.name: n for path in SERVED if (n := len(_own_lines(path))) > 250} == {}


def _own_lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if 'rel="modulepreload"' not in line]

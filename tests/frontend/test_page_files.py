"""What the page is made of: small, self-contained, and of one mind with the server about the frames."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from forge.models.frame import CLIENT_FRAME, SERVER_FRAME
from local_dev.page import Page
from local_dev.template import Template
from local_dev.wiring import Wiring

FRONTEND = Path(__file__).parents[2] / "frontend"
SERVED = [path for path in FRONTEND.rglob("*") if path.suffix in {".js", ".css", ".html", ".svg"}]
INDEX = (FRONTEND / "index.html").read_text()
WIRING = Wiring(Template.load(FRONTEND.parent / "template.yaml", region="us-east-1"))


async def test_page_weighs_less_than_217_kb_as_it_is_served() -> None:
    """Everything that the first visit loads, compressed as CloudFront and `make run` do it, with the headers."""
    loaded = set(re.findall(r'(?:src|href)="([^"#]+)"', INDEX))
    assert loaded == {str(path.relative_to(FRONTEND)) for path in SERVED} - {"index.html"}
    page = Page(FRONTEND, WIRING.page_headers())
    transport = httpx.ASGITransport(app=page.handle)
    weight = 0
    async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
        for path in ("", *loaded):
            async with client.stream("GET", f"/{path}") as response:
                assert response.status_code == 200, path
                weight += len(b"".join([chunk async for chunk in response.aiter_raw()]))
                weight += sum(len(name) + len(value) + 4 for name, value in response.headers.raw)
    assert weight < 217_000
    assert sum(path.stat().st_size for path in SERVED) < 450_000


def test_browsers_ask_for_each_file_anew_and_cloudfront_compresses_it() -> None:
    """Otherwise a browser could mix modules of two versions."""
    assert WIRING.page_headers()["cache-control"] == "no-cache"
    [distribution] = WIRING.template.resources("AWS::CloudFront::Distribution").values()
    page = distribution["DistributionConfig"]["DefaultCacheBehavior"]
    assert (page["TargetOriginId"], page["Compress"]) == ("page", True)


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
    assert {path.name: n for path in SERVED if (n := len(path.read_text().splitlines())) > 250} == {}

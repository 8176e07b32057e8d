"""An empty account that programs on the PATH simulate, a checkout, and a deployment that answers over HTTP."""

from __future__ import annotations

import copy
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy.__main__ import main
from tests.deployment.account import running_programs
from tests.template import ROOT

ANSWERS = ("--region", "eu-west-1", "--llm", "offline", "--who", "everybody")
UP = ("up", *ANSWERS)


@dataclass
class Site:
    """What the deployed URL answers."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    is_closed: bool = False


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.site.asked.append(f"GET {path}")
        if path == "/health":
            self._say(200, "OK")
        elif path == "/":
            self._say(200, "<html></html>")
        elif self.site.is_closed:
            self._say(401, "{}")
        else:
            has_asked = "POST /api/chat" in self.site.asked
            answer = {"sender": "agent", "is_streaming": False}
            self._say(200, json.dumps({"messages": [answer] if has_asked else []}))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.site.asked.append(f"POST {self.path}")
        self._say(200, "{}")

    def do_DELETE(self) -> None:
        self.site.asked.append("DELETE session")
        self._say(204, "")

    def _say(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing is written."""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"site": site}))
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Account:
    folder: Path
    environment: dict[str, str]
    _state: dict[str, Any]

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    def state(self) -> dict[str, Any]:
        return copy.deepcopy(self._state)

    def change(self, **values: Any) -> None:
        self._state |= values

    def run(self, *arguments: str, **variables: str) -> int:
        return main(arguments, self.environment | variables, self.checkout, 0.01)

    def called(self, *beginning: str) -> list[list[str]]:
        return [call for call in self._state["calls"] if call[: len(beginning)] == list(beginning)]


@pytest.fixture
def account(tmp_path: Path, site: Site) -> Iterator[Account]:
    checkout = tmp_path / "checkout"
    for source in (
        "template.yaml",
        "mcp.json",
        "requirements/worker.txt",
        "package.json",
        "package-lock.json",
        "worker/Dockerfile",
        "frontend/index.html",
        "frontend/page/main.js",
        "frontend/package.json",
    ):
        (checkout / source).parent.mkdir(parents=True, exist_ok=True)
        (checkout / source).write_bytes((ROOT / source).read_bytes())
    (checkout / "layers" / "forge" / "forge").mkdir(parents=True)
    state: dict[str, Any] = {"calls": [], "deployments": [], "secrets": {}, "images": {}, "profiles": {}}
    state |= {"url": site.url, "concurrency": 1000, "python313": True}
    with running_programs(state, tmp_path) as programs:
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        yield Account(tmp_path, {"PATH": path, "ACCOUNT": str(tmp_path)}, state)

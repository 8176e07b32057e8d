"""Pinned packages are listed (SBOM) and checked for advisories; a check that is impossible is reported and does
not fail.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy.advisories import audit_node, audit_python, audited_sets
from deploy.base_images import pinned
from deploy.lock_files import DEPLOYED, python_packages, python_sets
from deploy.programs import DeployFailed, Programs
from deploy.sbom import bill
from tests.template import ROOT

pytestmark = pytest.mark.processes

UV = str(ROOT / ".venv" / "bin" / "uv")
MOMENT = "2026-01-01T00:00:00Z"


@dataclass
class Advisories:
    """A database of advisories in OSV's form, which uv asks."""

    url: str = ""
    bad: set[str] = field(default_factory=set[str])
    asked: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def answer(self, query: dict[str, Any]) -> dict[str, Any]:
        name = query["package"]["name"]
        self.asked.add((name, query["version"]))
        return {"vulns": [{"id": f"PYSEC-{name}", "modified": MOMENT}]} if name in self.bad else {}


@pytest.fixture
def database() -> Iterator[Advisories]:
    database = Advisories()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self._say({"results": [database.answer(query) for query in asked["queries"]]})

        def do_GET(self) -> None:
            self._say({"id": self.path.rpartition("/")[2], "summary": "It leaks.", "modified": MOMENT})

        def _say(self, content: Any) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    database.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield database
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.mark.parametrize("name", audited_sets(ROOT))
def test_every_pinned_version_is_asked_about(database: Advisories, name: str) -> None:
    assert audit_python(ROOT, name, UV, "--service-url", database.url) == "clean"
    assert database.asked == {(each.name, each.version) for each in python_packages(ROOT, name)}


def test_an_advisory_is_told_and_fails(database: Advisories, capsys: pytest.CaptureFixture[str]) -> None:
    database.bad = {"aiohttp"}
    assert audit_python(ROOT, "worker", UV, "--service-url", database.url) == "advisories"
    (version,) = [each.version for each in python_packages(ROOT, "worker") if each.name == "aiohttp"]
    assert f"aiohttp {version}: PYSEC-aiohttp It leaks." in capsys.readouterr().out


@pytest.mark.parametrize("uv", [UV, "/nowhere/uv", "/bin/false"])
def test_a_database_that_cannot_be_asked_is_said_and_fails_nothing(
    uv: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit_python(ROOT, "uv", uv, "--service-url", "http://127.0.0.1:1/") == "skipped"
    assert "!! SKIPPED requirements/uv.txt" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ('{"vulnerabilities": {}, "metadata": {}}', "clean"),
        ('{"vulnerabilities": {"axe-core": {}}}', "advisories"),
        ('{"message": "405 Method Not Allowed", "error": {}}', "skipped"),
        ("npm error", "skipped"),
        ("[]", "skipped"),
    ],
)
def test_what_npm_answers_is_told_apart(tmp_path: Path, said: str, verdict: str) -> None:
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\nprintf '%s' '{said}'\nexit 1\n")
    npm.chmod(0o755)
    assert audit_node(ROOT, str(npm)) == verdict


def test_the_audited_sets_hold_every_pinned_version() -> None:
    audited = {package for name in audited_sets(ROOT) for package in python_packages(ROOT, name)}
    assert {package for name in python_sets(ROOT) for package in python_packages(ROOT, name)} == audited
    assert len(audited_sets(ROOT)) < len(python_sets(ROOT))


@pytest.mark.parametrize("everything", [False, True])
def test_the_bill_lists_each_locked_package_once(everything: bool) -> None:
    document = bill(ROOT, everything=everything)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    references = [each["bom-ref"] for each in document["components"]]
    assert len(references) == len(set(references))
    sets = python_sets(ROOT) if everything else DEPLOYED
    pins = {
        f"pkg:pypi/{name.lower()}@{version}"
        for each in sets
        for name, version in re.findall(
            r"^([\w.-]+)==(\S+)", (ROOT / "requirements" / f"{each}.txt").read_text(), re.MULTILINE
        )
    }
    assert len(pins) > 50
    assert pins == {each for each in references if each.startswith("pkg:pypi/")}
    assert any(each.startswith("pkg:npm/%40foundry-rs/anvil@") for each in references)
    assert {"image:PYTHON_IMAGE", "image:NODE_IMAGE"} <= set(references)
    assert json.dumps(document) == json.dumps(bill(ROOT, everything=everything))


DIGEST = "sha256:" + "ab" * 32


def docker(folder: Path, says: str) -> Programs:
    program = folder / "docker"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\necho "{says}"\n')
    program.chmod(0o755)
    return Programs({**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}, ROOT)


def test_base_images_are_pinned_and_pinned_again(tmp_path: Path) -> None:
    text = (ROOT / "worker" / "Dockerfile").read_text()
    once = pinned(text, docker(tmp_path, DIGEST))
    assert re.findall(r"^FROM (?!\$)\S*:", once, re.MULTILINE) == []
    assert len(re.findall(rf"^ARG \w+_IMAGE=[a-z]+:[\w.-]+@{DIGEST}$", once, re.MULTILINE)) == 2
    newer = pinned(once, docker(tmp_path, "sha256:" + "cd" * 32))
    assert newer == once.replace("ab" * 32, "cd" * 32)
    assert "imagetools inspect python:3.13-slim --format" in (tmp_path / "asked").read_text()


def test_what_is_no_digest_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(DeployFailed, match="no digest"):
        pinned("ARG A_IMAGE=a:1", docker(tmp_path, "latest"))

"""`docs/openapi.json` is what `make openapi` writes now, and describes everything in it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from local_dev.openapi import DOCUMENT
from local_dev.repository import ROOT
from tests.template import http_routes

METHODS = {"get", "post", "put", "patch", "delete"}
Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    return json.loads(DOCUMENT.read_text())


def operations(openapi: dict[str, Any]) -> Iterator[Operation]:
    for path, by_method in openapi["paths"].items():
        for method, operation in by_method.items():
            assert method in METHODS
            yield method.upper(), path, operation


@pytest.mark.processes
def test_it_is_what_the_handlers_say() -> None:
    """In a process of its own, because field docstrings are collected when a class is made."""
    code = "from local_dev.openapi import rendered; print(rendered(), end='')"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == DOCUMENT.read_text(), "The HTTP API has changed: run `make openapi`."


def folders() -> dict[tuple[str, str], str]:
    """Of all endpoints; the one that streams is behind an address of its own, and no route of the HTTP API."""
    routes = {(route.method, route.path): route.folder for route in http_routes()}
    return {**routes, ("GET", "/api/chat/stream"): "chat_stream"}


def test_it_has_the_endpoints_by_the_names_of_their_folders(written: dict[str, Any]) -> None:
    named = {(method, path): each["operationId"] for method, path, each in operations(written)}
    differing = set(named.items()) ^ set(folders().items())
    assert not differing, f"docs/openapi.json and the functions differ in {differing}: run `make openapi`."


def test_the_protocol_lists_the_endpoints() -> None:
    table = (ROOT / "docs/protocol.md").read_text().partition("## HTTP")[2].partition("\n\nWhere ")[0]
    listed = {tuple(row.split()) for row in re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", table, re.MULTILINE)}
    paths = {(method, path.replace("{session_id}", "{id}")) for method, path in folders()}
    assert not paths - listed, f"add rows to the table in docs/protocol.md, HTTP: {paths - listed}"
    assert not listed - paths, f"docs/protocol.md, HTTP, lists what no function answers: {listed - paths}"


def test_every_public_field_is_described(written: dict[str, Any]) -> None:
    silent = [
        f"{name}.{field}"
        for name, schema in written["components"]["schemas"].items()
        for field, each in schema.get("properties", {}).items()
        if not each.get("description")
    ]
    assert silent == [], "Write a docstring below each of these fields in forge/models."


def test_every_model_operation_and_parameter_is_described(written: dict[str, Any]) -> None:
    models = [
        name for name, schema in written["components"]["schemas"].items() if not schema.get("description")
    ]
    silent = [f"{method} {path}" for method, path, each in operations(written) if not each["summary"]]
    parameters = [
        f"{method} {path}: {parameter['name']}"
        for method, path, each in operations(written)
        for parameter in each.get("parameters", [])
        if not parameter.get("description")
    ]
    assert models + silent + parameters == []


def test_the_stream_names_the_ticket_that_opens_it(written: dict[str, Any]) -> None:
    (stream,) = [each for _, path, each in operations(written) if path == "/api/chat/stream"]
    assert {each["name"] for each in stream["parameters"]} == {"session_id", "ticket", "last-event-id"}


def test_every_answer_has_a_form(written: dict[str, Any]) -> None:
    """A handler names its `response_model`, unless it answers with nothing or with something else than JSON."""
    formless = [
        f"{method} {path}"
        for method, path, each in operations(written)
        if "204" not in each["responses"]
        and not all(form["schema"] for form in each["responses"]["200"]["content"].values())
    ]
    assert formless == [], "Give the route a response_model or a response_class."

"""`make openapi` writes `docs/openapi.json`, the OpenAPI 3.1 document of the HTTP API, from the handlers themselves.

No server has to run. Field docstrings become descriptions only here: a class that collects them reads its own source
when it is created, and a function's start must not wait for that.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"
VERSION = "1"
"""The protocol's version, see `docs/protocol.md`. A new version only adds to the protocol."""
PROBLEM = "#/components/schemas/Problem"
LOGIN = "login"
ABOUT = (
    "How a client talks to forge-mcp over HTTP. What travels on the WebSocket, the headers of answers and the answers "
    "of the gateway itself are in docs/protocol.md."
)


def document() -> dict[str, Any]:
    """This must be the first import of `forge` in its process."""
    BaseModel.model_config = ConfigDict(use_attribute_docstrings=True)
    from fastapi import FastAPI

    problem = importlib.import_module("forge.models.http").Problem
    app = FastAPI(title="forge-mcp", version=VERSION, description=ABOUT)
    told: dict[tuple[str, str], Any] = {}
    for name, handler in handlers():
        app.include_router(
            handler.router, responses={"default": {"model": problem, "description": "It was refused."}}
        )
        (route,) = handler.router.routes
        told[route.path, *route.methods] = {"summary": _summary(handler), "operationId": name}
    return _finished(app.openapi(), told)


def handlers() -> Iterator[tuple[str, ModuleType]]:
    """Yield the endpoints by the name of their folder."""
    for path in sorted((ROOT / "functions").glob("*/handler.py")):
        handler = importlib.import_module(f"functions.{path.parent.name}.handler")
        if hasattr(handler, "router"):
            yield path.parent.name, handler


def _summary(handler: ModuleType) -> str:
    """Return the text after the route's name in the first line of the module."""
    words = (handler.__doc__ or "").partition("\n")[0].partition(": ")[2]
    return words[:1].upper() + words[1:]


def _finished(openapi: dict[str, Any], told: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """Describe refusals as problem documents, including those that FastAPI would describe in its own form; a login
    is optional.
    """
    components = openapi["components"]
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["securitySchemes"] = {LOGIN: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            operation.update(told[path, method.upper()])
            operation["responses"].pop("422", None)
            operation["responses"]["default"]["content"] = {
                "application/problem+json": {"schema": {"$ref": PROBLEM}}
            }
            operation["security"] = [] if path == "/health" else [{}, {LOGIN: []}]
    return openapi


def rendered() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]
    DOCUMENT.write_text(rendered())
    print(f"{DOCUMENT.relative_to(ROOT)} is written.")

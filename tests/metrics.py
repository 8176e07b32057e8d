"""Which metrics the code emits, read from the code: (service, metric)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

from forge.observability import Metric
from tests.template import ROOT


@cache
def emitted() -> frozenset[tuple[str, str]]:
    """Functions `record` under the service `forge`; the worker emits what `worker/operation/metrics.py` names."""
    files = [path for part in ("layers", "functions") for path in (ROOT / part).rglob("*.py")]
    recorded = {("forge", name) for path in files for name in _recorded(path)}
    return frozenset(
        recorded | {("worker", name) for name in _named(ROOT / "worker" / "operation" / "metrics.py")}
    )


def _recorded(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record":
            yield from (str(each.value) for each in node.args[:1] if isinstance(each, ast.Constant))


def _named(path: Path) -> Iterator[str]:
    metrics = get_args(Metric)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and node.value in metrics:
            yield str(node.value)

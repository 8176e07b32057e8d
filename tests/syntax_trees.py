"""The product's Python code as syntax trees, for tests that look for a form of code everywhere."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("layers", "clients/python", "worker", "functions", "local_dev", "deploy", "scripts", "bench")


@cache
def product_trees() -> dict[str, ast.Module]:
    """Each file's tree by its path from the root."""
    paths = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text())
        for path in paths
        if ".venv" not in path.parts
    }


def places(lines: Callable[[ast.Module], Iterator[int]]) -> list[str]:
    """Where the product's code has what `lines` looks for, as `path:line`."""
    return [f"{path}:{line}" for path, tree in product_trees().items() for line in lines(tree)]

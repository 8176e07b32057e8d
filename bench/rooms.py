"""The structure of the packages: modules, floors (how deep imports stack inside a package) and arrows (imports).

`python -m bench.rooms` prints the table. A room is a package with the modules directly in it; a package inside it
counts as one module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from local_dev.repository import ROOT

SOURCES = {"forge": ROOT / "layers/forge/forge", "worker": ROOT / "worker", "local_dev": ROOT / "local_dev"}
LEAST = 4
"""Smaller packages need no measurement."""


@dataclass(frozen=True, slots=True)
class Room:
    """One row of the table."""

    name: str
    """The package's name."""
    modules: int
    """The number of modules directly in it; a package inside it counts as one."""
    floors: int
    """How deep imports stack inside the package."""
    arrows: int
    """The number of imports inside the package."""
    circles: int
    """Return modules that import one another in a circle."""


def rooms() -> list[Room]:
    """Return every package with at least `LEAST` modules, by name."""
    found = [_room(name, folder) for name, folder in _packages()]
    return sorted((room for room in found if room.modules >= LEAST), key=lambda room: room.name)


def _packages() -> Iterator[tuple[str, Path]]:
    for name, folder in SOURCES.items():
        for marker in folder.rglob("__init__.py"):
            inner = marker.parent.relative_to(folder).parts
            yield ".".join((name, *inner)), marker.parent


def _room(name: str, folder: Path) -> Room:
    files = {each.stem: [each] for each in folder.glob("*.py") if each.stem != "__init__"}
    files |= {each.parent.name: list(each.parent.rglob("*.py")) for each in folder.glob("*/__init__.py")}
    imports = {
        module: {other for file in paths for other in _imported(file, name) if other in files} - {module}
        for module, paths in files.items()
    }

    reach = {module: _reached(module, imports) for module in files}
    circles = {
        module: frozenset(other for other in reach[module] if module in reach[other]) for module in files
    }

    @cache
    def floor(module: str) -> int:
        """Modules in a circle are on one floor."""
        mine = circles[module] | {module}
        below = {other for each in mine for other in imports[each]} - mine
        return 1 + max((floor(other) for other in below), default=0)

    floors, arrows = max(map(floor, files), default=0), sum(map(len, imports.values()))
    return Room(name, len(files), floors, arrows, sum(map(bool, circles.values())))


def _reached(module: str, imports: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = [module]
    while todo:
        new = imports[todo.pop()] - found
        found |= new
        todo += new
    return found


def _imported(file: Path, package: str) -> Iterator[str]:
    """Yield the members of `package` that the file imports."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == package:
                yield from (each.name for each in node.names)
            elif node.module.startswith(f"{package}."):
                yield node.module.removeprefix(f"{package}.").partition(".")[0]


def table() -> str:
    rows = [
        f"| `{room.name}` | {room.modules} | {room.floors} | {room.arrows} | {room.circles} |"
        for room in rooms()
    ]
    return "\n".join(
        ["| room | modules | floors | arrows | in circles |", "| --- | --- | --- | --- | --- |", *rows]
    )


if __name__ == "__main__":
    print(table())

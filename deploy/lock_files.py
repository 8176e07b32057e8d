"""The packages that the lock files pin: every version that is installed anywhere, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

DEPLOYED = ("layer", "worker")
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_NODE_MODULES = "node_modules/"


class Package(NamedTuple):
    """One pinned version."""

    kind: str
    """The type as in a package URL: `pypi` or `npm`."""
    name: str
    """The package's name; a Python package's in lower case."""
    version: str
    """The exact version."""

    @property
    def url(self) -> str:
        """Return the package URL (purl) by which advisory databases know the package."""
        return f"pkg:{self.kind}/{self.name.replace('@', '%40')}@{self.version}"


def python_sets(folder: Path) -> list[str]:
    """Return the files of `requirements/` by name."""
    return sorted(path.stem for path in (folder / "requirements").glob("*.txt"))


def python_packages(folder: Path, name: str) -> list[Package]:
    """Return the packages of one set. It is an error if the set pins nothing."""
    found = _PINNED.findall((folder / "requirements" / f"{name}.txt").read_text())
    if not found:
        raise ValueError(f"requirements/{name}.txt pins nothing")
    return sorted({Package("pypi", package.lower(), version) for package, version in found})


def node_packages(folder: Path, *, development: bool) -> list[Package]:
    """Return the packages of `package-lock.json`: those that are used outside development (anvil), or all."""
    entries: dict[str, dict[str, str]] = json.loads((folder / "package-lock.json").read_text())["packages"]
    return sorted(
        {
            Package("npm", path.rpartition(_NODE_MODULES)[2], each["version"])
            for path, each in entries.items()
            if path and (development or not each.get("dev"))
        }
    )

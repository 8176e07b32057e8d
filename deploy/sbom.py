"""`make sbom`: the software bill of materials of what is deployed, in CycloneDX, from the lock files alone.

ARGS=--all includes what developers install. Tools for images list the contents of a container's base image.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.lock_files import DEPLOYED, Package, node_packages, python_packages, python_sets

ROOT = Path(__file__).parents[1]
SPECIFICATION = "1.6"
_BASE = re.compile(r"^ARG (\w+_IMAGE)=(\S+)$", re.MULTILINE)


def bill(folder: Path, *, everything: bool = False) -> dict[str, Any]:
    """The same lock files give the same document, because it contains no time and no serial number."""
    sets = defaultdict[Package, list[str]](list)
    for name in python_sets(folder) if everything else DEPLOYED:
        for package in python_packages(folder, name):
            sets[package].append(name)
    for package in node_packages(folder, development=everything):
        sets[package].append("package-lock.json")
    libraries = [_component(package, sets[package]) for package in sorted(sets)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "forge-mcp", "name": "forge-mcp"}},
        "components": [*libraries, *_base_images(folder)],
    }


def _component(package: Package, sets: list[str]) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": package.url,
        "name": package.name,
        "version": package.version,
        "purl": package.url,
        "properties": [{"name": "forge:set", "value": each} for each in sets],
    }


def _base_images(folder: Path) -> list[dict[str, Any]]:
    """The names of the Dockerfile, with a digest once an installation has set one."""
    found = _BASE.findall((folder / "worker" / "Dockerfile").read_text())
    return [{"type": "container", "bom-ref": f"image:{argument}", "name": image} for argument, image in found]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make sbom", description=__doc__)
    parser.add_argument("--all", action="store_true", help="what developers install, too")
    print(json.dumps(bill(ROOT, everything=parser.parse_args(arguments).all), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`make check-advisories` queries the advisory databases about every pinned version.

If a database cannot be reached, the check reports clearly that it was skipped and does not fail, because without a
network nothing is known. A known advisory fails the check.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast

from deploy.lock_files import Package, python_packages, python_sets

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 60
Verdict = Literal["clean", "advisories", "skipped"]

_PROJECT = '[project]\nname = "audited"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = {pins}\n'
_SOURCE = 'source = { registry = "http://127.0.0.1:1/simple" }'
"""No index is used, because uv would ask it which projects are archived, and wait for the answer."""
_LOCKED = """
[[package]]
name = "{name}"
version = "{version}"
{source}
sdist = {{ url = "http://127.0.0.1:1/{name}.tar.gz", hash = "sha256:{hash}" }}
"""
_HASH = "0" * 64
"""Nothing is installed from the lock that uv reads here; only names and versions are needed."""


def audited_sets(folder: Path) -> list[str]:
    """Return all packages except those whose versions another set has too."""
    pins = {name: set(python_packages(folder, name)) for name in python_sets(folder)}
    return [name for name in pins if not any(pins[name] < pins[other] for other in pins)]


def audit_python(folder: Path, name: str, uv: str, *options: str) -> Verdict:
    """Audit one set of `requirements/`. `options`: additional arguments of `uv audit`."""
    with TemporaryDirectory() as project:
        _write_project(Path(project), python_packages(folder, name))
        command = (uv, "audit", "--frozen", "--preview-features", "audit,json-output", *options)
        answer = _answer((*command, "--output-format", "json"), Path(project), UV_HTTP_RETRIES="0")
    return _told(
        f"requirements/{name}.txt", answer, [_line(each) for each in _list(answer, "vulnerabilities")]
    )


def audit_node(folder: Path, npm: str) -> Verdict:
    answer = _answer((npm, "audit", "--json", "--package-lock-only"), folder, npm_config_fetch_retries="0")
    found: object = (answer or {}).get("vulnerabilities")
    if not isinstance(found, dict):
        return _told("package-lock.json", None, [])
    return _told("package-lock.json", answer, sorted(cast("dict[str, Any]", found)))


def _write_project(project: Path, packages: list[Package]) -> None:
    pins = [f"{each.name}=={each.version}" for each in packages]
    (project / "pyproject.toml").write_text(_PROJECT.format(pins=json.dumps(pins)))
    needed = ", ".join(
        f'{{ name = "{name}", version = "{version}", {_SOURCE} }}' for _, name, version in packages
    )
    own = f'[[package]]\nname = "audited"\nversion = "0"\nsource = {{ virtual = "." }}\ndependencies = [{needed}]\n'
    locked = "".join(
        _LOCKED.format(name=name, version=version, source=_SOURCE, hash=_HASH)
        for _, name, version in packages
    )
    head = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n'
    (project / "uv.lock").write_text(head + own + locked)


def _answer(command: Sequence[str], folder: Path, **environment: str) -> dict[str, Any] | None:
    """Return the JSON document that the program has printed, whatever its exit code; None if there is none."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else None


def _list(answer: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    return list((answer or {}).get(name) or [])


def _line(advisory: dict[str, Any]) -> str:
    package = advisory.get("dependency", {})
    return f"{package.get('name')} {package.get('version')}: {advisory.get('id')} {advisory.get('summary') or ''}"


def _told(what: str, answer: dict[str, Any] | None, found: list[str]) -> Verdict:
    if answer is None:
        print(f"!! SKIPPED {what}: no database of advisories could be asked, so nothing is known about it")
        return "skipped"
    for line in found:
        print(f"!! {what}: {line}")
    if not found:
        print(f"{what}: no known advisory")
    return "advisories" if found else "clean"


def main() -> int:
    uv = str(ROOT / ".venv" / "bin" / "uv")
    verdicts = [audit_python(ROOT, name, uv) for name in audited_sets(ROOT)] + [audit_node(ROOT, "npm")]
    return int("advisories" in verdicts)


if __name__ == "__main__":
    sys.exit(main())

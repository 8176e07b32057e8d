"""Which commit was deployed when: who rolls back must know what there was before. A file beside the answers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from deploy.programs import DeployFailed, Programs

UNKNOWN = "unknown"


def commit(programs: Programs) -> str:
    """Of this checkout, with `-dirty` where something in it was edited."""
    try:
        return programs.output(
            "git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*"
        ).strip()
    except DeployFailed:
        return UNKNOWN


def last(file: Path) -> str:
    """The commit of the newest deployment; empty before the first."""
    lines = file.read_text().splitlines() if file.exists() else []
    return lines[-1].split()[1] if lines else ""


def note(file: Path, version: str, image: str) -> None:
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with file.open("a") as history:
        history.write(f"{when} {version} {image}\n")

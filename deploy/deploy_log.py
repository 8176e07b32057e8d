"""Which commit was deployed when, in a file next to the answers, so that an operator who rolls back knows the
earlier commit.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from deploy.programs import DeployFailed, Programs

UNKNOWN = "unknown"


def commit(programs: Programs) -> str:
    """Return the commit of this checkout, with `-dirty` if a file in it was edited."""
    try:
        return programs.output(
            "git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*"
        ).strip()
    except DeployFailed:
        return UNKNOWN


def last(file: Path) -> str:
    """Return the commit of the newest deployment; empty before the first."""
    lines = file.read_text().splitlines() if file.exists() else []
    return lines[-1].split()[1] if lines else ""


def note(file: Path, version: str, image: str) -> None:
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with file.open("a") as history:
        history.write(f"{when} {version} {image}\n")

"""The outcomes of the matrix's cells, one JSON line each; an interrupted matrix continues from there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from bench.soak.checker import Violation
from bench.soak.matrix import Cell, Outcome, cells


def keep(file: str, outcome: Outcome) -> None:
    line = {
        "cell": outcome.cell.name,
        "fired": outcome.fired,
        "ended": outcome.ended,
        "seconds": outcome.seconds,
        "violations": [[each.clause, each.ref, each.detail] for each in outcome.violations],
    }
    with Path(file).open("a") as results:
        results.write(json.dumps(line) + "\n")


def kept(file: str, wanted: Iterable[Cell] | None = None) -> list[Outcome]:
    """Return the last outcome of each wanted cell that has been run, in the matrix's order."""
    if not file or not Path(file).exists():
        return []
    lines = [json.loads(line) for line in Path(file).read_text().splitlines()]
    last = {line["cell"]: line for line in lines}
    return [_outcome(cell, last[cell.name]) for cell in wanted or cells() if cell.name in last]


def _outcome(cell: Cell, line: dict[str, object]) -> Outcome:
    violations = [Violation(*each) for each in line.pop("violations")]  # type: ignore[attr-defined]
    del line["cell"]
    return Outcome(cell=cell, violations=violations, **line)  # type: ignore[arg-type]

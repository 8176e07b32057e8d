"""The fault table for `docs/operations.md`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.soak.matrix import KINDS, Outcome


def table_of(outcomes: Sequence[Outcome]) -> str:
    """One row per fault point; a cell says at which moments the guarantees held, and how soon a run continued."""
    rows = ["| fault point | " + " | ".join(KINDS) + " |", "| --- |" + " --- |" * len(KINDS)]
    for point in dict.fromkeys(outcome.cell.point for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.cell.point == point]
        cells = [_cell(outcome for outcome in own if outcome.cell.kind == kind) for kind in KINDS]
        rows.append(f"| `{point.crossing}`: {point.says} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _cell(outcomes: Iterable[Outcome]) -> str:
    return ", ".join(map(_verdict, outcomes)) or "–"


def _verdict(outcome: Outcome) -> str:
    if not outcome.fired:
        return f"{outcome.cell.moment}: not reached"
    if outcome.violations:
        clauses = "+".join(dict.fromkeys(violation.clause for violation in outcome.violations))
        return f"{outcome.cell.moment}: **{clauses}**"
    seconds = "" if outcome.seconds is None else f" {outcome.seconds:.1f} s"
    return f"{outcome.cell.moment}{seconds}"

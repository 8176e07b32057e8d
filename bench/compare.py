"""Measures two checkouts alternately on one computer: each figure before and now, and their ratio."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent

Measured = Mapping[tuple[str, str], tuple[float, str]]
"""The value and unit of each figure, by its table's title and its own name."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of both checkouts."""

    title: str
    """The scenario's title."""
    name: str
    """The figure's name."""
    unit: str
    """The figure's unit."""
    before: float
    """The value of the older checkout."""
    after: float
    """The value of this checkout."""
    spread: float
    """Return the largest distance between the values of one checkout, as a share of their median."""

    @property
    def value(self) -> float:
        return self.after / self.before if self.before else float("inf")


def compare(before: Path, rounds: int, arguments: Sequence[str]) -> list[Ratio]:
    """Return the ratios of all figures that both checkouts have, each the median of `rounds` alternating runs.

    `before` is a folder in which `make setup` has been run.
    """
    runs: dict[Path, list[Measured]] = {before.resolve(): [], HERE: []}
    for number in range(rounds):
        for folder, measured in runs.items():
            print(f"round {number + 1} of {rounds}: {folder}", file=sys.stderr, flush=True)
            measured.append(measure(folder, arguments))
    old, new = runs.values()
    return [_ratio(figure, old, new) for figure in new[0] if figure in old[0]]


def table(ratios: Sequence[Ratio]) -> str:
    width = max(len(ratio.name) for ratio in ratios)
    lines: list[str] = []
    title = ""
    for ratio in ratios:
        if ratio.title != title:
            title = ratio.title
            lines += [
                "",
                title,
                "-" * len(title),
                f"  {'':<{width}}    before     after          ratio  spread",
            ]
        lines.append(
            f"  {ratio.name:<{width}}  {ratio.before:>8,.1f}  {ratio.after:>8,.1f} {ratio.unit:<3}"
            f"  {ratio.value:>8.2f}  {ratio.spread:>6.0%}"
        )
    return "\n".join(lines)


def measure(folder: Path, arguments: Sequence[str]) -> Measured:
    """If a checkout's bench has no names of scenarios, it measures everything."""
    knows = (folder / "bench" / "scenarios").is_dir()
    known = arguments if knows else [each for each in arguments if each.startswith("--")]
    command = [folder / ".venv/bin/python", "-m", "bench", "--json", *known]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return figures(json.loads(done.stdout))


def figures(document: Mapping[str, Any]) -> Measured:
    """Read a current document, or one that has no facts next to its tables."""
    tables: dict[str, list[dict[str, Any]]] = document.get("scenarios", document)
    return {
        (title, figure["name"]): (figure["value"], figure["unit"])
        for title, figures in tables.items()
        for figure in figures
    }


def _ratio(figure: tuple[str, str], old: Sequence[Measured], new: Sequence[Measured]) -> Ratio:
    before, after = ([measured[figure][0] for measured in runs] for runs in (old, new))
    return Ratio(
        *figure,
        unit=new[0][figure][1],
        before=statistics.median(before),
        after=statistics.median(after),
        spread=max(_spread(before), _spread(after)),
    )


def _spread(values: Sequence[float]) -> float:
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0.0

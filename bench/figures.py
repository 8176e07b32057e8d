"""What was measured, and how it is shown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `budget`: what docs/architecture.md promises; `is_met` None: there is no promise."""

    name: str
    value: float
    unit: str
    budget: float | None = None

    @property
    def is_met(self) -> bool | None:
        return None if self.budget is None else self.value <= self.budget

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "is_met": self.is_met}


def percentile(values: Sequence[float], hundredths: int) -> float:
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[hundredths - 1]


def table(title: str, figures: Sequence[Figure]) -> str:
    width = max(len(figure.name) for figure in figures)
    return "\n".join([title, "-" * len(title), *(_line(figure, width) for figure in figures), ""])


def _line(figure: Figure, width: int) -> str:
    value = f"{figure.value:,.0f}" if figure.value >= 100 else f"{figure.value:,.1f}"
    verdict = {None: "", True: "met", False: "MISSED"}[figure.is_met]
    budget = "" if figure.budget is None else f"   budget {figure.budget:g} {figure.unit}  {verdict}"
    return f"  {figure.name:<{width}}  {value:>8} {figure.unit:<3}{budget}".rstrip()

"""Measured figures, and how they are shown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    """The figure's name."""
    value: float
    """The measured value, which is the median of the rounds."""
    unit: str
    """The unit, such as `ms`."""
    budget: float | None = None
    """The limit; None: there is no limit."""
    floor: float | None = None
    """The same figure of a bare server without store and queue, measured next to it."""
    rounds: tuple[float, ...] = ()
    """The value of each round."""

    @property
    def is_met(self) -> bool | None:
        return None if self.budget is None else self.value <= self.budget

    @property
    def ratio(self) -> float | None:
        """The ratio to the floor."""
        return self.value / self.floor if self.floor else None

    def as_json(self) -> dict[str, object]:
        told = {"name": self.name, "value": self.value, "unit": self.unit, "budget": self.budget}
        return {**told, "is_met": self.is_met, "floor": self.floor, "rounds": list(self.rounds)}


def percentile(values: Sequence[float], hundredths: int) -> float:
    """Return NaN without a value, which meets no budget."""
    if not values:
        return float("nan")
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[hundredths - 1]


def over_rounds(rounds: Sequence[Sequence[Figure]]) -> list[Figure]:
    """Return the median of each figure, and of its floor."""
    return [
        _over(figure, [each for one in rounds for each in one if each.name == figure.name])
        for figure in rounds[0]
    ]


def _over(figure: Figure, each: Sequence[Figure]) -> Figure:
    values = [one.value for one in each]
    floors = [one.floor for one in each if one.floor is not None]
    floor = statistics.median(floors) if floors else None
    return replace(figure, value=statistics.median(values), floor=floor, rounds=tuple(values))


def table(title: str, figures: Sequence[Figure]) -> str:
    width = max(len(figure.name) for figure in figures)
    return "\n".join([title, "-" * len(title), *(_line(figure, width) for figure in figures), ""])


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}" if value >= 1 or not value else f"{value:.3f}"


def _line(figure: Figure, width: int) -> str:
    spread = (
        f" ({number(min(figure.rounds))} … {number(max(figure.rounds))})" if len(figure.rounds) > 1 else ""
    )
    floor = "" if figure.floor is None else f"   floor {number(figure.floor)} {figure.unit}"
    verdict = {None: "", True: "met", False: "MISSED"}[figure.is_met]
    budget = "" if figure.budget is None else f"   budget {figure.budget:g} {figure.unit}  {verdict}"
    return f"  {figure.name:<{width}}  {number(figure.value):>8} {figure.unit:<3}{spread}{floor}{budget}".rstrip()

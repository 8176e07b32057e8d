"""Line charts of growing figures, as SVG text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.svg import across, label, picture, polyline

WIDTH, HEIGHT = 720, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 240, 48, 290
"""The plot's margins; the names of the lines are right of it."""
NAME_HEIGHT = 16
COLOURS = ("#2563eb", "#dc2626", "#059669", "#7c3aed", "#d97706", "#0891b2")
FLOOR_COLOUR, FLOOR_DASHES = "#6b7280", "5 4"
NICE = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart."""

    name: str
    """The words next to the line."""
    points: Sequence[tuple[float, float]]
    """The points, as (across, up)."""
    is_floor: bool = False
    """True for the bare server, whose line is dashed and grey."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its axes."""

    title: str
    """The words above the chart."""
    across: str
    """The words below the horizontal axis."""
    up: str
    """The words at the vertical axis."""
    lines: Sequence[Line]
    """The lines, in the order of the legend."""
    is_logarithmic: bool = False
    """True for values of different magnitude."""

    def svg(self) -> str:
        return picture(WIDTH, HEIGHT, self.title, LEFT, self._parts())

    def _parts(self) -> Iterator[str]:
        scale = _Scale.of([y for line in self.lines for _, y in line.points], self.is_logarithmic)
        xs = sorted({x for line in self.lines for x, _ in line.points})
        end = WIDTH - RIGHT
        yield label(LEFT, 36, self.up)
        for tick in scale.ticks:
            yield across(LEFT, end, scale.y(tick), "#ddd")
            yield label(LEFT - 6, scale.y(tick) + 4, f"{tick:,g}", "end")
        yield across(LEFT, end, BOTTOM)
        for x in _apart(xs, end):
            yield label(_x(x, xs, end), BOTTOM + 16, f"{x:,g}", "middle")
        yield label((LEFT + end) / 2, BOTTOM + 36, self.across, "middle")
        yield from self._drawn(scale, xs, end)

    def _drawn(self, scale: _Scale, xs: Sequence[float], end: int) -> Iterator[str]:
        colours = iter(COLOURS)
        beside = _beside([scale.y(line.points[-1][1]) for line in self.lines])
        for line, name_at in zip(self.lines, beside, strict=True):
            colour = FLOOR_COLOUR if line.is_floor else next(colours)
            points = [(_x(x, xs, end), scale.y(y)) for x, y in line.points]
            yield polyline(points, colour, 1.8, FLOOR_DASHES if line.is_floor else "")
            yield from (f'<circle cx="{x:.0f}" cy="{y:.0f}" r="2.5" fill="{colour}"/>' for x, y in points)
            yield label(end + 10, name_at + 4, line.name, colour=colour)


@dataclass(frozen=True, slots=True)
class _Scale:
    ticks: Sequence[float]
    is_logarithmic: bool

    @classmethod
    def of(cls, values: Sequence[float], is_logarithmic: bool) -> _Scale:
        if is_logarithmic:
            least, most = (math.log10(value) for value in (min(values), max(values)))
            return cls([10.0**power for power in range(math.floor(least), math.ceil(most) + 1)], True)
        step = _step(max(values) / 4)
        return cls([step * count for count in range(math.ceil(max(values) / step) + 1)], False)

    def y(self, value: float) -> float:
        least, most, at = self.ticks[0], self.ticks[-1], value
        if self.is_logarithmic:
            least, most, at = math.log10(least), math.log10(most), math.log10(value)
        return BOTTOM - (at - least) / (most - least) * (BOTTOM - TOP)


def _step(least: float) -> float:
    """Return the next larger round number."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(nice for nice in NICE if nice * power >= least) * power


def _x(x: float, xs: Sequence[float], end: int) -> float:
    return LEFT + 10 + x / max(xs) * (end - LEFT - 20)


def _apart(xs: Sequence[float], end: int) -> list[float]:
    """Return the ticks whose numbers have room."""
    shown: list[float] = []
    for x in reversed(xs):
        if not shown or _x(shown[-1], xs, end) - _x(x, xs, end) > 24:
            shown.append(x)
    return shown


def _beside(heights: Sequence[float]) -> list[float]:
    """Return the position of each name: at the end of its line, without overlapping another name."""
    order = sorted(range(len(heights)), key=lambda number: heights[number])
    places, last = [0.0] * len(heights), -math.inf
    for line in order:
        places[line] = last = max(heights[line], last + NAME_HEIGHT)
    return places

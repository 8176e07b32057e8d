"""One day as an SVG picture: messages a minute, runs at once, workers, and the oldest message that was taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from bench.capacity.model import Minute
from bench.svg import across, label, picture, polyline

WIDTH, HEIGHT, LEFT, GAP = 860, 110, 70, 34
PER_POINT = 2
"""Minutes in one point of a line, which shows their largest value."""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve."""

    title: str
    """The words next to the curve."""
    colour: str
    """The colour, as in CSS."""
    value: Callable[[Minute], float]
    """Returns the curve's value in a minute."""


LINES = (
    Line("messages a minute", "#2563eb", lambda minute: minute.messages),
    Line("runs at once", "#7c3aed", lambda minute: minute.running),
    Line("workers", "#059669", lambda minute: minute.workers),
    Line("seconds that the oldest waited", "#dc2626", lambda minute: minute.oldest),
)


def svg(minutes: Sequence[Minute], title: str) -> str:
    height = 40 + len(LINES) * (HEIGHT + GAP)
    panels = (
        _panel(line, [line.value(minute) for minute in minutes], 40 + number * (HEIGHT + GAP))
        for number, line in enumerate(LINES)
    )
    return picture(WIDTH, height, title, LEFT, chain.from_iterable(panels))


def _panel(line: Line, values: Sequence[float], top: int) -> Iterator[str]:
    most, bottom = max(*values, 1), top + HEIGHT
    minute = (WIDTH - LEFT - 10) / len(values)
    points = [
        (LEFT + number * minute, bottom - max(values[number : number + PER_POINT]) / most * (HEIGHT - 18))
        for number in range(0, len(values), PER_POINT)
    ]
    yield label(LEFT, top + 8, line.title, colour=line.colour)
    yield across(LEFT, WIDTH - 10, bottom)
    yield label(LEFT - 6, top + 22, f"{most:,.0f}", "end")
    yield label(LEFT - 6, bottom, "0", "end")
    yield polyline(points, line.colour)
    for hour in range(0, 25, 3):
        yield label(LEFT + hour * 60 * minute, bottom + 14, str(hour), "middle")

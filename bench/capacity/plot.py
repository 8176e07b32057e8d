"""One day as an SVG picture: messages a minute, runs at once, workers and the oldest message that was taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.capacity.model import Minute

WIDTH, HEIGHT, LEFT, GAP = 860, 110, 70, 34
PER_POINT = 2
"""Minutes of one point of a line, of which the largest is drawn."""


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    colour: str
    value: Callable[[Minute], float]


LINES = (
    Line("messages a minute", "#2563eb", lambda minute: minute.messages),
    Line("runs at once", "#7c3aed", lambda minute: minute.running),
    Line("workers", "#059669", lambda minute: minute.workers),
    Line("seconds that the oldest waited", "#dc2626", lambda minute: minute.oldest),
)


def svg(minutes: Sequence[Minute], title: str) -> str:
    height = 40 + len(LINES) * (HEIGHT + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="18" font-size="14" font-weight="bold">{title}</text>',
    ]
    for number, line in enumerate(LINES):
        parts += _panel(line, [line.value(minute) for minute in minutes], 40 + number * (HEIGHT + GAP))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(line: Line, values: Sequence[float], top: int) -> list[str]:
    most, bottom = max(*values, 1), top + HEIGHT
    across = (WIDTH - LEFT - 10) / len(values)
    points = [
        f"{LEFT + number * across:.0f},{bottom - max(values[number : number + PER_POINT]) / most * (HEIGHT - 18):.0f}"
        for number in range(0, len(values), PER_POINT)
    ]
    hours = [
        f'<text x="{LEFT + hour * 60 * across:.0f}" y="{bottom + 14}" text-anchor="middle" fill="#555">{hour}</text>'
        for hour in range(0, 25, 3)
    ]
    return [
        f'<text x="{LEFT}" y="{top + 8}" fill="{line.colour}">{line.title}</text>',
        f'<line x1="{LEFT}" y1="{bottom}" x2="{WIDTH - 10}" y2="{bottom}" stroke="#999"/>',
        f'<text x="{LEFT - 6}" y="{top + 22}" text-anchor="end" fill="#555">{most:,.0f}</text>',
        f'<text x="{LEFT - 6}" y="{bottom}" text-anchor="end" fill="#555">0</text>',
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{line.colour}" stroke-width="1.2"/>',
        *hours,
    ]

"""Pictures as text: the beginning of every plot."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

GREY = "#555"


def picture(width: int, height: int, title: str, left: int, parts: Iterable[str]) -> str:
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{left}" y="18" font-size="14" font-weight="bold">{escape(title)}</text>',
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def label(x: float, y: float, text: str, anchor: str = "start", colour: str = GREY) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def across(x: float, to: float, y: float, colour: str = "#999") -> str:
    """Return a horizontal line."""
    return f'<line x1="{x:.0f}" y1="{y:.0f}" x2="{to:.0f}" y2="{y:.0f}" stroke="{colour}"/>'


def polyline(points: Iterable[tuple[float, float]], colour: str, width: float = 1.2, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    told = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    return f'<polyline points="{told}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'

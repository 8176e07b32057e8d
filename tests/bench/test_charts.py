"""A plot is a valid picture that contains every line, each within its margins."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from bench.charts import BOTTOM, TOP, Chart, Line

SVG = "{http://www.w3.org/2000/svg}"
LINES = [
    Line("ours", [(1, 12.0), (50, 40.0), (200, 9_000.0)]),
    Line("ours, too", [(1, 12.0), (50, 40.0), (200, 9_000.0)]),
    Line("floor", [(1, 0.7), (50, 1.2), (200, 4.0)], is_floor=True),
]


@pytest.mark.parametrize("is_logarithmic", [True, False])
def test_each_line_is_drawn_within_the_sides_and_named(is_logarithmic: bool) -> None:
    picture = fromstring(Chart("a < b", "people", "ms", LINES, is_logarithmic).svg())
    drawn = [line.attrib["points"].split() for line in picture.iter(f"{SVG}polyline")]
    heights = [[float(point.split(",")[1]) for point in points] for points in drawn]
    assert [len(points) for points in drawn] == [3, 3, 3]
    assert all(TOP <= y <= BOTTOM for line in heights for y in line)
    assert all(line == sorted(line, reverse=True) for line in heights)
    named = {text.text: float(text.attrib["y"]) for text in picture.iter(f"{SVG}text")}
    assert {"ours", "ours, too", "floor", "a < b", "people", "ms", "200"} <= set(named)
    assert abs(named["ours"] - named["ours, too"]) >= 12


def test_a_logarithmic_plot_shows_whole_powers_of_ten() -> None:
    picture = fromstring(Chart("", "", "", LINES, is_logarithmic=True).svg())
    texts = {text.text for text in picture.iter(f"{SVG}text")}
    assert {"0.1", "1", "10", "100", "1,000", "10,000"} <= texts

"""The tables and plots of docs/performance.md are those of the stored result."""

from __future__ import annotations

import json
import re
from xml.etree.ElementTree import fromstring

from bench.goals import GOALS
from bench.performance import DOCUMENT, IMAGES, RESULT, charts, page, scenarios
from bench.suite import found

KEPT = json.loads(RESULT.read_text())


def test_the_page_and_its_plots_are_what_make_bench_writes_from_the_kept_result() -> None:
    assert page(DOCUMENT.read_text(), KEPT) == DOCUMENT.read_text()
    plots = charts(scenarios(KEPT))
    assert {name: (IMAGES / f"{name}.svg").read_text() for name in plots} == {
        name: chart.svg() for name, chart in plots.items()
    }
    assert all(f"(images/{name}.svg)" in DOCUMENT.read_text() for name in plots)
    assert all(fromstring(chart.svg()).tag.endswith("svg") for chart in plots.values())


def test_the_page_tells_what_was_not_measured_and_keeps_the_rest() -> None:
    for title in KEPT["scenarios"]:
        rest = {name: each for name, each in KEPT["scenarios"].items() if name != title}
        text = page(DOCUMENT.read_text(), {**KEPT, "scenarios": rest})
        missing = [goal for goal in GOALS if goal.title == title]
        assert text.count("| not measured |") == len(missing)
        assert set(charts(scenarios({"scenarios": rest}))) <= set(charts(scenarios(KEPT)))


def test_the_kept_result_has_every_scenario() -> None:
    assert set(KEPT["scenarios"]) == {scenario.title for scenario in found().values()}


def test_each_goal_has_a_figure_with_a_bound() -> None:
    figures = {(title, figure.name): figure for title, each in scenarios(KEPT).items() for figure in each}
    assert [goal.words for goal in GOALS if figures[goal.title, goal.figure].budget is None] == []


def test_the_kept_result_tells_the_machine_and_neither_its_name_nor_its_paths() -> None:
    told = {"measured", "commit", "processor", "cores", "memory GiB", "system", "python", "load at start"}
    assert set(KEPT["machine"]) == told | {"versions", "is quick"}
    assert re.findall(r"(?<![\w/])/(?:home|root|tmp|work|usr|opt)\b", RESULT.read_text()) == []

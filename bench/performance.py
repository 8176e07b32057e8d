"""Writes `docs/performance.md` and its plots from one whole run of `make bench`, which is stored next to this file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from bench.charts import Chart, Line
from bench.figures import Figure, number
from bench.goals import GOALS
from bench.pages import table, written
from local_dev.repository import ROOT

RESULT = ROOT / "bench" / "performance.json"
DOCUMENT = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images"
BEGIN, END = "<!-- make bench writes from here -->", "<!-- to here -->"
CROWDS = {
    "50 people": "50 people, answers of 200 tokens at 50 a second",
    "200 people": "200 people, answers of 200 tokens at 50 a second",
    "500 people": "500 people, one long answer at 20 tokens a second, smooth pace",
}
PEOPLE = "How work grows with people: answers of 100 tokens at 50 a second"
LENGTHS = "What an answer costs as it grows: 20 people at 50 tokens a second"
LEAST_SHARE = 0.02
NOT_MEASURED = ["not measured", "", "", "", ""]
"""The cells of a figure whose scenario failed."""
CONVERSATION = "How a conversation grows"

Kept = Mapping[str, Any]
Scenarios = Mapping[str, Sequence[Figure]]


def keep(document: Kept) -> None:
    RESULT.write_text(json.dumps(document, indent=1) + "\n")
    render()


def render() -> None:
    kept: Kept = json.loads(RESULT.read_text())
    DOCUMENT.write_text(page(DOCUMENT.read_text(), kept))
    for name, chart in charts(scenarios(kept)).items():
        (IMAGES / f"{name}.svg").write_text(chart.svg())


def scenarios(kept: Kept) -> Scenarios:
    return {title: [_figure(each) for each in figures] for title, figures in kept["scenarios"].items()}


def _figure(told: Mapping[str, Any]) -> Figure:
    fields = {name: told[name] for name in ("name", "value", "unit", "budget", "floor")}
    return Figure(**fields, rounds=tuple(cast("list[float]", told["rounds"])))


def page(document: str, kept: Kept) -> str:
    found = scenarios(kept)
    parts = [_machine(kept["machine"]), *_goals(found), "", *_costs(found), "", *_lengths(found)]
    return written(document, "\n".join(parts) + "\n", BEGIN, END)


def _machine(facts: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    return (
        f"Measured {facts['measured']} UTC at commit {facts['commit']}: {facts['processor']}, {facts['cores']} cores, "
        f"{facts['memory GiB']} GiB, {facts['system']}, Python {facts['python']}, load {facts['load at start']} "
        f"before it began{', few samples' if facts['is quick'] else ''}. {versions}.\n"
    )


def _goals(found: Scenarios) -> Iterator[str]:
    rows: dict[str, list[str]] = {}
    for goal in GOALS:
        figure = next((each for each in found.get(goal.title, ()) if each.name == goal.figure), None)
        rows[goal.words] = [*_cells(figure), _verdict(figure)] if figure else NOT_MEASURED
    yield from table("what", ["measured", "of the rounds", "floor", "times the floor", "goal"], rows)


def _cells(figure: Figure) -> list[str]:
    least, most = min(figure.rounds), max(figure.rounds)
    spread = f"{number(least)} … {number(most)}" if len(figure.rounds) > 1 else ""
    floor = "" if figure.floor is None else number(figure.floor)
    ratio = "" if figure.ratio is None else f"{figure.ratio:.1f}"
    return [f"{number(figure.value)} {figure.unit}".strip(), spread, floor, ratio]


def _verdict(figure: Figure) -> str:
    return f"{'≤' if figure.is_met else '**missed**: ≤'} {figure.budget:g}"


def _costs(found: Scenarios) -> Iterator[str]:
    """The processor time of each crowd's processes, with the client and the scripted LLM shown separately."""
    crowds = [found.get(title, ()) for title in CROWDS.values()]
    names = list(dict.fromkeys(each.name for crowd in crowds for each in crowd))
    rows: dict[str, list[str]] = {}
    for name in names:
        told = [next((each for each in crowd if each.name == name), None) for crowd in crowds]
        rows[name] = [_beside_floor(each) for each in told]
    yield "Each crowd whole, and in brackets the floor's figure:\n"
    yield from table("", list(CROWDS), rows)


def _beside_floor(figure: Figure | None) -> str:
    if figure is None:
        return ""
    floor = "" if figure.floor is None else f" ({number(figure.floor)})"
    return f"{number(figure.value)} {figure.unit}{floor}".strip()


def _lengths(found: Scenarios) -> Iterator[str]:
    """How much of a turn's processor time is independent of its length."""
    costs = _points(found.get(LENGTHS, ()), r"(\d+) tokens: processor time of a turn")
    if not costs:
        return
    (least, cheap), (most, dear) = costs[0], costs[-1]
    each = (dear - cheap) / (most - least)
    fixed = cheap - each * least
    yield (
        f"A turn takes {number(fixed)} ms of processor time in all processes before its first token, "
        f"and {number(each * 100)} ms for each 100 tokens."
    )


def _points(figures: Sequence[Figure], pattern: str, *, is_floor: bool = False) -> list[tuple[float, float]]:
    """Return, for the figures whose names match, the number in the name and the value."""
    found: list[tuple[float, float]] = []
    for figure in figures:
        value = figure.floor if is_floor else figure.value
        if (match := re.fullmatch(pattern, figure.name)) and value is not None:
            found.append((float(match[1].replace(",", "")), value))
    return found


def _kinds(lengths: Sequence[Figure]) -> list[str]:
    """Return the processes whose share is large enough to be visible."""
    told = [each for each in lengths if each.name.endswith(", for a turn")]
    most = max((each.value for each in told), default=0.0)
    return sorted({each.name.split(": ")[1] for each in told if each.value > LEAST_SHARE * most})


def charts(found: Scenarios) -> dict[str, Chart]:
    """Return the plots whose figures were all measured."""
    return {name: chart for name, chart in _charts(found).items() if all(line.points for line in chart.lines)}


def _charts(found: Scenarios) -> dict[str, Chart]:
    people, lengths, grown = (found.get(title, ()) for title in (PEOPLE, LENGTHS, CONVERSATION))
    kinds = _kinds(lengths)
    size = r"([\d,]+) messages: "
    return {
        "performance-people": Chart(
            "First text as people become more",
            "people who chat at once",
            "milliseconds from the POST, logarithmic",
            [
                *(
                    Line(f"p{part}", _points(people, rf"(\d+) users?: first text, p{part}"))
                    for part in (99, 50)
                ),
                *(
                    Line(
                        f"floor, p{part}",
                        _points(people, rf"(\d+) users?: first text, p{part}", is_floor=True),
                        True,
                    )
                    for part in (99, 50)
                ),
            ],
            is_logarithmic=True,
        ),
        "performance-work": Chart(
            "Processor time as people become more",
            "people who chat at once",
            "seconds for 1,000 tokens, all servers",
            [
                Line("all servers", _points(people, r"(\d+) users?: servers, for 1,000 tokens")),
                Line(
                    "floor", _points(people, r"(\d+) users?: servers, for 1,000 tokens", is_floor=True), True
                ),
            ],
        ),
        "performance-tokens": Chart(
            "Processor time as answers become longer",
            "tokens of an answer",
            "milliseconds for a turn",
            [
                *(
                    Line(kind.removesuffix(", for a turn"), _points(lengths, rf"(\d+) tokens: {kind}"))
                    for kind in kinds
                ),
                Line(
                    "floor", _points(lengths, r"(\d+) tokens: processor time of a turn", is_floor=True), True
                ),
            ],
        ),
        "performance-messages": Chart(
            "A conversation as it becomes longer",
            "messages of the conversation",
            "milliseconds, p50, logarithmic",
            [
                Line(
                    "another's, beside 8 POSTs",
                    _points(grown, f"{size}another's first text beside .* POSTs, p50"),
                ),
                Line("its first text", _points(grown, f"{size}first text, p50")),
                Line("sync of the newest 200", _points(grown, f"{size}sync of the newest.*")),
                Line("GET state", _points(grown, f"{size}GET state, p50")),
                Line("POST, minimal answer", _points(grown, f"{size}POST, minimal.*")),
            ],
            is_logarithmic=True,
        ),
    }

"""What the bench computes from its measurements, and its list of scenarios. No timing is asserted."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
from pathlib import Path

import pytest

from bench.compare import figures, measure
from bench.figures import Figure, over_rounds
from bench.floor_process import floor_people, running_floor
from bench.machine import facts
from bench.people import script
from bench.processes import by_kind
from bench.scenarios.takeover import takeovers
from bench.suite import Scenario, Size, chosen, found, measured
from tests.patience import PATIENCE_SECONDS

ECHO = """
import json, sys
print(json.dumps({"told": [{"name": " ".join(sys.argv[1:]), "value": 1, "unit": "s"}]}))
"""
"""A bench that measures what it was told."""


def test_each_scenario_has_a_title_of_its_own() -> None:
    titles = [scenario.title for scenario in found().values()]
    assert len(set(titles)) == len(titles) > 10


def test_the_attacks_are_a_target_of_their_own() -> None:
    assert not any("attack" in name for name in found())


def test_a_quick_run_leaves_out_what_takes_long_unless_it_is_named() -> None:
    quick, whole = chosen([], Size(is_quick=True)), chosen([], Size())
    assert set(quick) < set(whole) == set(found().values())
    assert chosen(["memory"], Size(is_quick=True)) == [found()["memory"]]


async def test_the_middle_round_is_the_figure_and_the_others_are_kept() -> None:
    values = iter([3.0, 1.0, 8.0])

    async def measure(_: Size) -> list[Figure]:
        value = next(values)
        return [Figure("first text", value, "ms", budget=4, floor=value / 2)]

    results = await measured([Scenario("made up", measure, rounds=3)], Size())
    (figure,) = results["made up"]
    assert (figure.value, figure.rounds, figure.floor) == (3, (3, 1, 8), 1.5)
    assert figure.is_met
    assert figure.ratio == 2


async def test_each_scenario_has_a_first_round_and_no_further_one_when_it_is_late() -> None:
    begun: list[str] = []

    def scenario(title: str) -> Scenario:
        async def measure(_: Size) -> list[Figure]:
            begun.append(title)
            return [Figure("errors", 0, "")]

        return Scenario(title, measure, rounds=2)

    both = [scenario("a"), scenario("b")]
    await measured(both, Size())
    assert begun == ["a", "b", "a", "b"]
    begun.clear()
    results = await measured(both, Size(), most_seconds=-1)
    assert begun == ["a", "b"]
    assert set(results) == {"a", "b"}


async def test_a_scenario_that_fails_is_tried_once_more_and_does_not_lose_the_figures_of_others() -> None:
    tries: list[str] = []

    def scenario(title: str, failures: int) -> Scenario:
        async def measure(_: Size) -> list[Figure]:
            tries.append(title)
            if tries.count(title) <= failures:
                raise RuntimeError("the application did not start")
            return [Figure("errors", 0, "")]

        return Scenario(title, measure)

    results = await measured([scenario("a", 2), scenario("b", 1), scenario("c", 0)], Size())
    assert tries == ["a", "b", "c", "a", "b"]
    assert set(results) == {"b", "c"}


async def test_a_later_round_that_fails_leaves_the_earlier_ones() -> None:
    values = iter([3.0, None, 5.0])

    async def measure(_: Size) -> list[Figure]:
        if (value := next(values)) is None:
            raise RuntimeError
        return [Figure("first text", value, "ms")]

    results = await measured([Scenario("made up", measure, rounds=3)], Size())
    assert results["made up"][0].rounds == (3, 5)


def test_a_figure_of_no_values_meets_no_budget() -> None:
    assert Figure("gap", float("nan"), "ms", budget=4).is_met is False


def test_rounds_without_a_floor_have_none() -> None:
    (figure,) = over_rounds([[Figure("start", 2, "s")], [Figure("start", 4, "s")]])
    assert (figure.value, figure.floor) == (3, None)


@pytest.mark.parametrize("wrapped", [True, False])
def test_results_of_today_and_of_older_checkouts_are_compared(wrapped: bool) -> None:
    tables = {"Memory": [Figure("gateway", 60, "MB").as_json()]}
    document = {"machine": {}, "scenarios": tables} if wrapped else tables
    assert figures(json.loads(json.dumps(document))) == {("Memory", "gateway"): (60, "MB")}


@pytest.mark.processes
@pytest.mark.parametrize(
    ("has_names", "told"), [(False, ["--json", "--quick"]), (True, ["--json", "imports", "--quick"])]
)
def test_another_checkout_is_told_the_names_of_scenarios_if_it_has_any(
    tmp_path: Path, has_names: bool, told: list[str]
) -> None:
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "bench" / ("scenarios" if has_names else "other")).mkdir(parents=True)
    (tmp_path / "bench/__main__.py").write_text(ECHO)
    assert list(measure(tmp_path, ["imports", "--quick"])) == [("told", " ".join(told))]


def test_a_takeover_lasts_from_the_kill_to_the_next_request_of_the_same_run() -> None:
    def line(event: str, tag: str, at: float) -> str:
        return json.dumps({"event": event, "tag": tag, "at": at})

    journal = [
        line("start", "lost", 1),
        line("start", "ended", 2),
        line("end", "ended", 3),
        line("start", "kept", 4),
        line("start", "", 5),
        line("start", "lost", 12.5),
        line("start", "ended", 13),
        line("end", "kept", 14),
    ]
    assert takeovers(journal, [10]) == [2.5]


def test_all_workers_are_one_kind() -> None:
    assert by_kind({"worker-1": 1, "worker-12": 2, "gateway": 3}) == {"worker": 3, "gateway": 3}


@pytest.mark.processes
def test_the_machine_is_told_without_its_name() -> None:
    told = facts()
    assert told["cores"] == os.cpu_count()
    assert platform.node() not in [str(value) for value in told.values()]


@pytest.mark.processes
async def test_the_floor_streams_what_it_was_asked_for() -> None:
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        running_floor() as floor,
        floor_people(floor, 2, script(5, 0)) as persons,
    ):
        await asyncio.gather(*(person.ask() for person in persons))
        async with persons[0].http.post("/chat", json={"t": 3}) as response:
            text = await response.text()
    assert [len(person.answers) for person in persons] == [1, 1]
    assert [person.errors for person in persons] == [[], []]
    assert text == 'data: "t0000 "\n\ndata: "t0001 "\n\ndata: "t0002 "\n\n'

"""The dashboard shows every metric that is emitted, and no other."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest

from forge.observability import Metric
from tests.metrics import emitted
from tests.template import of, template

OWN = "${AWS::StackName}"
FREE = 50
"""Metrics of a dashboard that costs nothing (Amazon CloudWatch pricing, 2026-11-24)."""


def widgets() -> list[dict[str, Any]]:
    return json.loads(of("Dashboard")["DashboardBody"]["Fn::Sub"])["widgets"]


def shown() -> list[list[Any]]:
    return [metric for widget in widgets() for metric in widget["properties"]["metrics"]]


def own() -> set[tuple[str, str]]:
    return {(metric[3], metric[1]) for metric in shown() if metric[0] == OWN}


@pytest.mark.slow
def test_each_metric_of_the_dashboard_is_emitted() -> None:
    assert own() - emitted() == set()


def test_each_metric_that_is_emitted_is_on_the_dashboard() -> None:
    assert emitted() - own() == set()


def test_each_metric_that_has_a_name_is_emitted() -> None:
    assert {name for _, name in emitted()} == set(get_args(Metric))


def test_a_metric_of_aws_is_that_of_a_resource_of_this_stack() -> None:
    others = [metric for metric in shown() if metric[0] != OWN]
    assert all(metric[0].startswith("AWS/") for metric in others)
    for metric in others:
        named = [value for value in metric[3::2] if isinstance(value, str)]
        assert named
        for value in named:
            matched = re.fullmatch(r"\$\{(\w+)(?:\.\w+)?\}", value)
            assert matched
            assert matched[1] in template()["Resources"]


def test_widgets_do_not_lie_on_each_other_and_cost_nothing() -> None:
    cells = [
        (widget["x"] + across, widget["y"] + down)
        for widget in widgets()
        for across in range(widget["width"])
        for down in range(widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(across for across, _ in cells) < 24
    assert len({json.dumps(metric) for metric in shown()}) <= FREE

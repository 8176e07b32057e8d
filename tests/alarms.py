"""How CloudWatch evaluates an alarm of `template.yaml`, and the metrics that our programs write for it."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tests.template import of

_COMPARED = {"GreaterThanThreshold": operator.gt, "LessThanThreshold": operator.lt}
_STATISTICS = {"Sum": sum, "Maximum": max, "SampleCount": len}

Period = Sequence[float]
"""The values of one metric in one period; none is a period without data."""


class Figure(NamedTuple):
    """A value as it is written for CloudWatch. `service`: its one dimension."""

    namespace: str
    service: str
    metric: str
    value: float


def figures(output: str) -> Iterator[Figure]:
    """Of the lines in the embedded metric format."""
    for line in output.splitlines():
        told: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
        for directive in told.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Dimensions"] == [["service"]]
            for metric in directive["Metrics"]:
                values = told[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield Figure(directive["Namespace"], told["service"], metric["Name"], value)


def watched(alarm: str, stack: str, found: Iterator[Figure]) -> list[float]:
    """The values among `found` that the alarm looks at in a stack of that name."""
    told = of(alarm)
    (dimension,) = told["Dimensions"]
    wanted = (stack, dimension["Value"], told["MetricName"])
    assert (told["Namespace"], dimension["Name"]) == ({"Ref": "AWS::StackName"}, "service")
    return [each.value for each in found if each[:3] == wanted]


def fires(alarm: str, periods: Sequence[Period]) -> bool:
    """Whether it is in alarm after these periods, the last one now; before them there was nothing wrong."""
    told = of(alarm)
    last = periods[-told["EvaluationPeriods"] :]
    assert len(last) == told["EvaluationPeriods"]
    breaching = [_is_breaching(told, _STATISTICS[told["Statistic"]](each) if each else None) for each in last]
    return sum(breaching) >= told.get("DatapointsToAlarm", told["EvaluationPeriods"])


def _is_breaching(alarm: Mapping[str, Any], value: float | None) -> bool:
    if value is None:
        return alarm["TreatMissingData"] == "breaching"
    return _COMPARED[alarm["ComparisonOperator"]](value, alarm["Threshold"])

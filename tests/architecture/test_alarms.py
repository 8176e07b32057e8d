"""Each alarm reads a metric that the code writes: namespace, name and dimensions are compared with what is emitted."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest

from forge import observability
from forge.models.run import Outcome
from forge.observability import Metric
from tests.template import ROOT, of, resources, variables, worker_variables
from worker.operation.metrics import SERVICE, Metrics, RunFigures

OWN = {"Ref": "AWS::StackName"}
"""The deployment's own namespace, as the template writes it."""
AWS = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "AWS::SQS::Queue"),
    ("AWS/ApiGateway", "5xx", "ApiId", "AWS::Serverless::HttpApi"),
    ("AWS/Lambda", "Errors", "FunctionName", "AWS::Serverless::Function"),
    ("AWS/Lambda", "Throttles", "", ""),
    ("AWS/DynamoDB", "ReadThrottleEvents", "TableName", "AWS::DynamoDB::Table"),
    ("AWS/DynamoDB", "WriteThrottleEvents", "TableName", "AWS::DynamoDB::Table"),
}
"""What AWS itself writes, by its documentation of each service's metrics: namespace, name, and whose it is."""


class Read(NamedTuple):
    """`dimensions`: pairs of a name and a value as the template has it, as JSON."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


def read_by(alarm: dict[str, Any]) -> Iterator[Read]:
    stats = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    for metric in stats or [alarm]:
        namespace = metric["Namespace"]
        pairs = frozenset((each["Name"], json.dumps(each["Value"])) for each in metric.get("Dimensions", []))
        yield Read(
            namespace if isinstance(namespace, str) else json.dumps(namespace), metric["MetricName"], pairs
        )


def all_read() -> list[tuple[str, Read]]:
    return [(name, read) for name in resources("AWS::CloudWatch::Alarm") for read in read_by(of(name))]


def emitted(capsys: pytest.CaptureFixture[str]) -> set[tuple[str, str, tuple[str, ...], str]]:
    """Namespace, name, dimensions and `service` of each metric, from lines of CloudWatch's embedded format."""
    found: set[tuple[str, str, tuple[str, ...], str]] = set()
    for line in capsys.readouterr().out.splitlines():
        document = json.loads(line)
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                for dimensions in directive["Dimensions"]:
                    found.add(
                        (
                            directive["Namespace"],
                            metric["Name"],
                            tuple(dimensions),
                            document.get("service", ""),
                        )
                    )
    return found


def written_by_the_worker() -> None:
    """Everything that the worker measures, by its own methods."""
    written = Metrics(enabled=True)
    written.takeover()
    written.put_back()
    written.session_unreadable()
    written.loop_lag(0.1)
    written.process(1, 2)
    for outcome in get_args(Outcome):
        written.run_ended(RunFigures(outcome, 1, 1, 1, 1))


def recorded_by_functions() -> set[str]:
    """The names that `record` is called with anywhere in the functions' code."""
    files = [path for part in ("layers", "functions") for path in (ROOT / part).rglob("*.py")]
    return {name for path in files for name in _recorded(path)}


def _recorded(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record":
            match node.args:
                case [ast.Constant(value=str(name)), *_]:
                    yield name
                case _:
                    pass


@pytest.fixture
def namespace(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "the-stack")
    return "the-stack"


@pytest.mark.slow
@pytest.mark.parametrize(("alarm", "read"), all_read(), ids=lambda each: getattr(each, "name", each))
def test_an_alarm_reads_a_metric_that_somebody_writes(
    alarm: str, read: Read, namespace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if read.namespace != json.dumps(OWN):
        assert (read.namespace, read.name, *_whose(read)) in AWS
        return
    ((dimension, value),) = read.dimensions
    service = json.loads(value)
    if service == SERVICE:
        written_by_the_worker()
    else:
        assert read.name in recorded_by_functions()
        with observability.invocation(function="f"):
            observability.record(read.name)  # pyrefly: ignore[bad-argument-type]
    assert (namespace, read.name, (dimension,), service) in emitted(capsys)


def _whose(read: Read) -> tuple[str, str]:
    """The dimension, and the type of the resource that it names."""
    if not read.dimensions:
        return "", ""
    ((dimension, value),) = read.dimensions
    node = json.loads(value)
    target = node.get("Ref") or node["Fn::GetAtt"][0]
    kinds = [kind for kind in {row[3] for row in AWS if row[3]} if target in resources(kind)]
    return dimension, kinds[0] if kinds else ""


def test_functions_and_worker_write_into_the_namespace_that_alarms_read() -> None:
    for environment in (variables(), worker_variables()):
        assert environment["POWERTOOLS_METRICS_NAMESPACE"] == OWN


def test_a_loop_that_is_held_up_is_what_the_alarm_on_lag_reads(
    namespace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Milliseconds on both sides: the alarm's threshold is a second."""
    assert of("LoopLagAlarm")["Threshold"] == 1_000
    Metrics(enabled=True).loop_lag(1.5)
    (line,) = (json.loads(each) for each in capsys.readouterr().out.splitlines())
    assert line["LoopLag"] == [1_500]
    (metric,) = line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    assert metric["Unit"] == "Milliseconds"


@pytest.mark.slow
def test_each_metric_that_may_be_written_is_written_by_somebody(
    namespace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written_by_the_worker()
    of_the_worker = {name for _, name, _, _ in emitted(capsys)}
    assert of_the_worker | recorded_by_functions() == set(get_args(Metric))

"""How the deployed template scales, streams and notifies people: rules and figures that must hold together."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest

from forge.api.state_stream import LIFE_SECONDS, QUIET_SECONDS
from forge.models.request_prices import Daily
from local_dev.laptop_defaults import HERE
from local_dev.processes.processes import MALLOC
from tests.template import (
    ROOT,
    applied,
    default,
    functions,
    of,
    resources,
    template,
    variables,
    worker_variables,
)
from worker.settings import WorkerSettings


def evaluate(expression: str, **values: float | None) -> float:
    """A CloudWatch metric expression, for one period; None is a metric without data then."""
    local = {
        "IF": lambda condition, yes, no: yes if condition else no,
        "FILL": lambda value, other: other if value is None else value,
    }
    return eval(expression.replace(" OR ", " or "), {"__builtins__": {}}, {**local, **values})


def expression(metrics: list[dict[str, Any]]) -> str:
    (found,) = (each["Expression"] for each in metrics if "Expression" in each)
    return found


@pytest.mark.parametrize(
    ("accepted", "recovered", "workers", "starts"),
    [
        (1, None, None, True),
        (None, 1, None, True),
        (None, 1, 0, True),
        (1, None, 1, False),
        (500, 3, 4, False),
        (None, None, None, False),
        (None, None, 2, False),
    ],
)
def test_one_waiting_message_starts_the_first_worker(
    accepted: float | None, recovered: float | None, workers: float | None, starts: bool
) -> None:
    alarm = of("NobodyWorksAlarm")
    value = evaluate(expression(alarm["Metrics"]), accepted=accepted, recovered=recovered, workers=workers)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert (value > alarm["Threshold"]) is starts
    assert alarm["AlarmActions"] == [{"Ref": "WorkerStart"}]
    assert of("WorkerStart")["StepScalingPolicyConfiguration"]["StepAdjustments"][0]["ScalingAdjustment"] == 1


def test_another_worker_is_asked_for_long_before_one_is_full() -> None:
    assert default("RunsPerWorker") <= 0.6 * default("WorkerConcurrency")
    assert worker_variables()["WORKER_CONCURRENCY"] == {"Ref": "WorkerConcurrency"}
    cpu = of("WorkerCpuScaling")["TargetTrackingScalingPolicyConfiguration"]
    assert cpu["TargetValue"] <= 70
    metrics = of("WorkerScaling")["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    share = expression(metrics["Metrics"])
    assert evaluate(share, waiting=40, running=80, workers=2) == 60
    assert evaluate(share, waiting=1, running=0, workers=None) == 1


def test_a_worker_s_memory_is_managed_alike_on_a_laptop_and_in_its_image() -> None:
    image = re.findall(r"\b(MALLOC_\w+)=(\S+)", (ROOT / "worker/Dockerfile").read_text())
    assert dict(image) == MALLOC


def test_scaling_and_alarms_use_no_metric_that_has_to_be_bought() -> None:
    assert {"Name": "containerInsights", "Value": "disabled"} in of("Cluster")["ClusterSettings"]
    assert "ContainerInsights" not in json.dumps(template()["Resources"]["Dashboard"])


@pytest.mark.parametrize("name", resources("AWS::CloudWatch::Alarm"))
def test_an_alarm_counts_its_own_deployment_only(name: str) -> None:
    text = json.dumps(of(name))
    assert '"Namespace": "forge"' not in text
    assert worker_variables()["POWERTOOLS_METRICS_NAMESPACE"] == {"Ref": "AWS::StackName"}


def test_a_bots_bad_ticket_wakes_nobody() -> None:
    metrics = [
        each["MetricStat"]["Metric"] for each in of("WebSocketErrorsAlarm")["Metrics"] if "MetricStat" in each
    ]
    assert {each["Namespace"] for each in metrics} == {"AWS/Lambda"}
    named = {each["Dimensions"][0]["Value"]["Ref"] for each in metrics}
    assert named == {name for name in functions() if name.startswith("Ws") and name != "WsTicket"}


@pytest.mark.parametrize(
    "name", [name for name in functions() if name.startswith("Ws") and name != "WsTicket"]
)
def test_six_failures_of_any_socket_function_set_its_alarm_off(name: str) -> None:
    alarm = of("WebSocketErrorsAlarm")
    ids = {
        each["Id"]: each["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Ref"]
        for each in alarm["Metrics"]
        if "MetricStat" in each
    }
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    for failures, is_set_off in ((6, True), (5, False), (None, False)):
        counted = {each: failures if of_function == name else None for each, of_function in ids.items()}
        value = evaluate(expression(alarm["Metrics"]), **counted)
        assert (value > alarm["Threshold"]) is is_set_off


@pytest.mark.parametrize(
    ("failed", "completed", "is_set_off"),
    [(3, None, True), (2, 0, False), (31, 500, True), (30, 1, False), (None, None, False), (None, 9, False)],
)
def test_many_failures_or_three_without_a_completed_run_set_an_alarm_off(
    failed: float | None, completed: float | None, is_set_off: bool
) -> None:
    alarm = of("FailedRunsAlarm")
    metrics = {
        each["Id"]: each["MetricStat"]["Metric"]["MetricName"]
        for each in alarm["Metrics"]
        if "MetricStat" in each
    }
    assert metrics == {"failed": "RunsFailed", "completed": "RunsCompleted"}
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    value = evaluate(expression(alarm["Metrics"]), failed=failed, completed=completed)
    assert (value > alarm["Threshold"]) is is_set_off


def test_no_worker_is_an_alarm_where_some_should_always_run() -> None:
    alarm = template()["Resources"]["NoWorkerAlarm"]
    assert alarm["Condition"] == "AlwaysHasWorkers"
    assert alarm["Properties"]["TreatMissingData"] == "breaching"


def test_money_is_an_alarm() -> None:
    budget = of("Budget")
    assert budget["Budget"]["BudgetLimit"]["Amount"] == {"Ref": "MonthlyBudget"}
    assert [each["Notification"]["Threshold"] for each in budget["NotificationsWithSubscribers"]] == [80, 100]


# ------------------------------------------------------------------------------------------- streams and limits


def test_a_stream_whose_client_has_left_costs_little() -> None:
    stream = functions()["ChatStream"]
    assert QUIET_SECONDS <= 30
    assert LIFE_SECONDS + 10 <= stream["Timeout"] <= 180
    assert stream["MemorySize"] <= 256


@pytest.mark.parametrize("name", [each for each in WorkerSettings.model_fields if each.startswith("run_")])
def test_each_limit_of_a_run_is_a_parameter_with_the_programs_default(name: str) -> None:
    parameter = worker_variables()[name.upper()]["Ref"]
    assert default(parameter) == WorkerSettings.model_fields[name].default


DAILY_LIMITS = [each for each in WorkerSettings.model_fields if each.endswith("_per_day")]
"""Wherever one of them is read, it is in the environment of the functions or of the worker."""


@pytest.mark.parametrize("name", DAILY_LIMITS)
def test_each_roof_of_a_day_is_on_in_the_cloud_and_off_on_a_laptop(name: str) -> None:
    given = {**variables(), **worker_variables()}
    value = default(given[name.upper()]["Ref"])
    assert value not in {"", 0, "0"}
    in_the_cloud = WorkerSettings.from_environment({"FORGE_TABLE": "t", name.upper(): str(value)})
    assert getattr(in_the_cloud, name) != WorkerSettings.model_fields[name].default
    assert in_the_cloud.policy
    laptop = WorkerSettings.from_environment({"FORGE_TABLE": "t", name.upper(): HERE[name.upper()]})
    assert getattr(laptop, name) == WorkerSettings.model_fields[name].default


def test_there_is_a_roof_for_all_that_is_counted_by_the_day() -> None:
    counted = {f"deployment_{name}_per_day" for name in get_args(Daily) if name != "wei"}
    assert {*counted, "policy_deployment_send_limit_per_day"} <= set(DAILY_LIMITS)
    assert {"owner_tokens_per_day", "policy_owner_send_limit_per_day"} <= set(DAILY_LIMITS)


def test_ports_beyond_https_are_opened_only_when_they_are_named() -> None:
    for ports, rules in (({}, 1), ({"EgressToPort": "9000"}, 2), ({"EgressFromPort": "80"}, 2)):
        assert len(applied(**ports).resolve(of("WorkerSecurityGroup")["SecurityGroupEgress"])) == rules


def test_an_own_domain_speaks_modern_tls_only() -> None:
    own = of("Distribution")["DistributionConfig"]["ViewerCertificate"]["Fn::If"][1]
    assert own["MinimumProtocolVersion"] == "TLSv1.2_2021"


def test_nothing_is_left_of_a_stack_that_is_deleted() -> None:
    kept = {
        name: each["DeletionPolicy"]
        for name, each in template()["Resources"].items()
        if "DeletionPolicy" in each
    }
    assert set(kept.values()) == {"Delete"}


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("https://api.example.com/*/ws", "https://api.example.com/WebSocketApi/ws"),
        ("http://127.0.0.1:4566/_aws/execute-api/*", "http://127.0.0.1:4566/_aws/execute-api/WebSocketApi"),
        ("", "https://WebSocketApi.execute-api.us-east-1.amazonaws.com/ws"),
    ],
)
def test_connections_are_where_the_operator_says(url: str, resolved: str) -> None:
    local = applied(ConnectionsUrl=url)
    worker = worker_variables()["FORGE_CONNECTIONS_URL"]
    assert {local.resolve(each) for each in (variables()["FORGE_CONNECTIONS_URL"], worker)} == {resolved}


def test_each_exception_of_checkov_has_its_reason() -> None:
    in_place, for_all = ((ROOT / name).read_text() for name in ("template.yaml", ".checkov.yaml"))
    assert (
        len(re.findall(r"# checkov:skip=CKV_AWS_\d+: .{30,}", in_place)) == in_place.count("checkov:skip") > 0
    )
    assert len(re.findall(r"  # .+\n  - CKV_AWS_\d+", for_all)) == for_all.count("- CKV_") > 0

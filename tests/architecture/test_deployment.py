"""What an account, an operator and a bill ask of `template.yaml`: rules that hold for every member of a kind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from forge.api.following import LIFE_SECONDS, QUIET_SECONDS
from local_dev.template import Template
from tests.template import functions, resources, template, worker_variables
from worker.consumer import WAIT_SECONDS
from worker.settings import WorkerSettings

GLOBAL_NAMES = {
    "AWS::CloudFront::Function": ("Name",),
    "AWS::CloudFront::OriginAccessControl": ("OriginAccessControlConfig", "Name"),
    "AWS::CloudFront::ResponseHeadersPolicy": ("ResponseHeadersPolicyConfig", "Name"),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
    "AWS::Budgets::Budget": ("Budget", "BudgetName"),
}
"""Kinds whose names are the whole account's, not one region's, and where the name stands."""
EMPTY_ACCOUNT_REFUSES = {
    "AWS::ApiGateway::Account": "one setting for all of the account; to delete it with the stack would break others",
    "AWS::IAM::ServiceLinkedRole": "fails where it exists; `make deploy` creates it",
    "AWS::Lambda::CapacityProvider": "is not in every region",
}
PAIRS = [("EdgeSecret", "EdgeDigests"), ("AuthIssuer", "AuthAudience"), ("CertificateArn", "DomainNames")]


def of(name: str) -> dict[str, Any]:
    return template()["Resources"][name]["Properties"]


def default(parameter: str) -> Any:
    return template()["Parameters"][parameter]["Default"]


def container() -> dict[str, Any]:
    return of("TaskDefinition")["ContainerDefinitions"][0]


def references(node: Any) -> Iterator[str]:
    """Logical names that a piece of the template makes its resource wait for."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0]
            elif key == "Fn::Sub":
                yield from re.findall(r"\$\{(\w+)", value if isinstance(value, str) else value[0])
            else:
                yield from references(value)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def needs(name: str) -> set[str]:
    """Every resource that exists before `name` does and is deleted after it."""
    found: set[str] = set()
    todo = {name}
    while todo:
        resource = template()["Resources"][todo.pop()]
        after = resource.get("DependsOn", [])
        direct = {
            *references(resource.get("Properties", {})),
            *([after] if isinstance(after, str) else after),
        }
        new = (direct & set(template()["Resources"])) - found
        found |= new
        todo |= new
    return found


def applied(**values: str) -> Template:
    """The template with these parameters; the others have their defaults. Each is a text, as in CloudFormation."""
    local = Template(template(), region="us-east-1")
    local.refs.update(
        {name: str(each["Default"]) for name, each in template()["Parameters"].items()} | values
    )
    return local


def refused(**values: str) -> list[str]:
    """Names of the rules that refuse these parameters."""
    local = applied(**{"WorkerImageUri": "image:1"} | values)
    return [
        name
        for name, rule in template()["Rules"].items()
        if local.resolve(rule.get("RuleCondition", True))
        and not all(local.resolve(each["Assert"]) for each in rule["Assertions"])
    ]


# ------------------------------------------------------------------------------------------- an empty account


@pytest.mark.parametrize("kind", EMPTY_ACCOUNT_REFUSES)
def test_nothing_is_created_that_an_empty_account_refuses(kind: str) -> None:
    assert not resources(kind)


def test_only_http_apis_have_access_logs_because_others_need_a_role_in_the_accounts_settings() -> None:
    assert "AccessLogSettings" not in of("WebSocketApi")


@pytest.mark.parametrize("name", functions())
def test_no_function_reserves_concurrency_unless_asked(name: str) -> None:
    reserved = functions()[name].get("ReservedConcurrentExecutions")
    assert applied().resolve([reserved or {"Ref": "AWS::NoValue"}]) == []


@pytest.mark.parametrize(("kind", "path"), GLOBAL_NAMES.items())
def test_a_name_that_is_the_accounts_is_told_apart_by_stack_and_region(
    kind: str, path: tuple[str, ...]
) -> None:
    assert resources(kind)
    for resource in resources(kind).values():
        name: Any = resource["Properties"]
        for key in path:
            name = name[key]
        assert "${AWS::StackName}-${AWS::Region}" in name["Fn::Sub"]


def test_tasks_start_after_their_network_and_secrets_and_end_before_them() -> None:
    network = {
        name
        for name, resource in template()["Resources"].items()
        if resource.get("Condition") == "HasOwnVpc" and resource["Type"].startswith("AWS::EC2::")
    }
    assert {"InternetRoute", "InternetGatewayAttachment", "SubnetARoutes", "TableEndpoint"} <= network
    assert network | {"WorkerRole", "WorkerStartRole"} <= needs("WorkerService")
    assert not resources("AWS::IAM::RolePolicy")


# ------------------------------------------------------------------------------------------- updates


def test_no_parameter_that_is_empty_takes_the_worker_away() -> None:
    assert "Condition" not in template()["Resources"]["WorkerService"]
    assert refused(WorkerImageUri="") == ["WorkerHasAnImage"]


def test_an_update_keeps_the_number_of_workers() -> None:
    assert "DesiredCount" not in of("WorkerService")


def test_a_deployment_ends_though_runs_go_on() -> None:
    actions = str(of("WorkerRole")["Policies"])
    assert "TaskProtection" not in actions
    stop = float(worker_variables()["WORKER_STOP_SECONDS"])
    assert stop >= 90
    assert stop + WAIT_SECONDS + 10 <= container()["StopTimeout"] <= 120


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_parameters_that_want_each_other_are_set_together(one: str, other: str) -> None:
    assert not refused(**{one: "x", other: "x"})
    assert len(refused(**{one: "x"})) == len(refused(**{other: "x"})) == 1


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        ({"TestChain": "true", "WorkerCountMax": "1"}, []),
        ({"TestChain": "true", "WorkerCountMax": "4"}, ["OneTestChain"]),
        ({"TestChain": "true", "WorkerCountMax": "1", "TestnetRpcUrlArn": "arn"}, ["OneTestChain"]),
        ({"TestnetRpcUrlArn": "arn"}, []),
    ],
)
def test_a_test_chain_is_there_once(values: dict[str, str], rules: list[str]) -> None:
    assert refused(**values) == rules


@pytest.mark.parametrize(
    ("parameter", "value", "accepted"),
    [
        ("AuthIssuer", "https://issuer.example", True),
        ("AuthIssuer", "http://issuer.example", False),
        ("AuthIssuer", "issuer.example", False),
        ("ForgeLlm", "offline", True),
        ("ForgeLlm", "bedrock:us.anthropic.claude-sonnet-4-5-20250929-v1:0", True),
        ("ForgeLlm", "gpt-5", False),
        ("ForgeLlm", "anthropic:", False),
        ("ForgeLlm", "", False),
    ],
)
def test_a_value_that_no_program_understands_is_refused_before_anything_changes(
    parameter: str, value: str, accepted: bool
) -> None:
    assert bool(re.fullmatch(template()["Parameters"][parameter]["AllowedPattern"], value)) is accepted


def test_a_bedrock_profile_and_its_models_can_all_be_granted() -> None:
    assert template()["Parameters"]["BedrockModelArns"]["Type"] == "CommaDelimitedList"
    statement = of("WorkerRole")["Policies"][0]["PolicyDocument"]["Statement"][-1]["Fn::If"][1]
    assert statement["Resource"] == {"Ref": "BedrockModelArns"}


# ------------------------------------------------------------------------------------------- scaling


def evaluate(expression: str, **values: float | None) -> float:
    """A CloudWatch metric expression, for one period; None is a metric without data then."""
    local = {
        "IF": lambda condition, yes, no: yes if condition else no,
        "FILL": lambda value, other: other if value is None else value,
    }
    return eval(expression, {"__builtins__": {}}, {**local, **values})


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

"""The changes to the template for its deployment to MiniStack: each row with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Template = dict[str, Any]

MINISTACK = "MiniStack 1.5.33, looked at on 2026-11-26"

UNKNOWN_TYPES = (
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Budgets::Budget",
)
"""MiniStack refuses a template that names a type it does not know, whatever the resource's condition says."""


class Adaptation(NamedTuple):
    what: str
    reason: str
    adapt: Callable[[Template], None]


def _without_unknown_types(template: Template) -> None:
    _leave_out(template, lambda each: each["Type"] in UNKNOWN_TYPES)


def _without_alarms_over_expressions(template: Template) -> None:
    _leave_out(
        template, lambda each: each["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in each["Properties"]
    )


def _leave_out(template: Template, unwanted: Callable[[Template], bool]) -> None:
    resources = template["Resources"]
    for name in [name for name, each in resources.items() if unwanted(each)]:
        del resources[name]


def _routes_of_their_own(template: Template) -> None:
    resources = template["Resources"]
    for name, method, path in list(_http_events(resources)):
        uri = {"Fn::GetAtt": [name, "Arn"]}
        integration = {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0", "IntegrationUri": uri}
        target = {"Fn::Join": ["/", ["integrations", {"Ref": f"{name}Integration"}]]}
        route = {"RouteKey": f"{method} {path}", "Target": target}
        for suffix, kind, properties in (
            ("Integration", "Integration", integration),
            ("Route", "Route", route),
        ):
            resources[f"{name}{suffix}"] = {
                "Type": f"AWS::ApiGatewayV2::{kind}",
                "Properties": {"ApiId": {"Ref": "HttpApi"}, **properties},
            }


def _http_events(resources: Template) -> Iterator[tuple[str, str, str]]:
    for name, each in resources.items():
        for event in each.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "HttpApi":
                yield name, event["Properties"]["Method"], event["Properties"]["Path"]


def _no_web_adapter(template: Template) -> None:
    del template["Resources"]["ChatStream"]["Properties"]["Layers"]


ASSUMABLE = {"Effect": "Allow", "Principal": {"AWS": {"Ref": "AWS::AccountId"}}, "Action": "sts:AssumeRole"}


def _roles_for_processes(template: Template) -> None:
    trust = {"Version": "2012-10-17", "Statement": [ASSUMABLE]}
    for name in ("WorkerRole", "WorkerStartRole", "ChatStream"):
        template["Resources"][name]["Properties"]["AssumeRolePolicyDocument"] = trust


def _secrets_as_ecs_spells_them(template: Template) -> None:
    for container in template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]:
        for each in container.get("Secrets", []):
            condition, secret, none = each["Fn::If"]
            each["Fn::If"] = [condition, {"name": secret["Name"], "valueFrom": secret["ValueFrom"]}, none]


def _no_bedrock(template: Template) -> None:
    template["Conditions"]["UsesBedrock"] = {"Fn::Equals": ["no Bedrock", ""]}


ADAPTATIONS = (
    Adaptation(
        "resources of unknown types are left out",
        "MiniStack has no Application Auto Scaling and no budgets in CloudFormation",
        _without_unknown_types,
    ),
    Adaptation(
        "alarms over several metrics are left out",
        "MiniStack has no metric math; tests/architecture evaluates these expressions",
        _without_alarms_over_expressions,
    ),
    Adaptation(
        "the HTTP API's routes are resources of their own",
        "MiniStack imports no routes from the OpenAPI body that SAM generates",
        _routes_of_their_own,
    ),
    Adaptation(
        "a container's secrets have the field names of ECS's API",
        "MiniStack translates those of its variables, and forgets those of its secrets",
        _secrets_as_ecs_spells_them,
    ),
    Adaptation(
        "Bedrock is not used",
        "MiniStack takes an empty CommaDelimitedList for one with something in it",
        _no_bedrock,
    ),
    Adaptation(
        "ChatStream has no Lambda Web Adapter; the test starts its run.sh as the adapter would",
        "the adapter is AWS's layer, which MiniStack does not hold",
        _no_web_adapter,
    ),
    Adaptation(
        "the account may assume the roles of the worker and of ChatStream",
        "MiniStack runs tasks in Docker only; the test starts these processes itself, as ECS and Lambda would",
        _roles_for_processes,
    ),
)

OF_THE_EMULATOR = (
    ("SQS checks a batch as its single action", "IAM has no others (`recorder.BATCHES`)"),
    (
        "an expired item is deleted by the test",
        "MiniStack's TTL tells the table's stream nothing, and is off",
    ),
)
"""What is not of the template."""


def adapted(template: Template) -> Template:
    for each in ADAPTATIONS:
        each.adapt(template)
    return template

"""What an account, an operator and a bill require of `template.yaml`: rules for every member of a kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.stack import NAME_LENGTH
from tests.template import (
    applied,
    container,
    functions,
    of,
    refused,
    resources,
    template,
    worker_variables,
)
from worker.runs.consumer import WAIT_SECONDS

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
        ({"ForgeLlm": "anthropic:x"}, ["NobodyPaysForStrangersUnasked"]),
        ({"ForgeLlm": "openai:x", "AllowAnonymous": "true"}, []),
        ({"ForgeLlm": "bedrock:x", "AuthIssuer": "https://i.example", "AuthAudience": "forge"}, []),
    ],
)
def test_what_does_not_go_together_is_refused(values: dict[str, str], rules: list[str]) -> None:
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


def test_a_name_that_make_deploy_takes_fits_into_the_names_of_the_template() -> None:
    named = [
        of(name)["Name"]["Fn::Sub"]
        for kind in ("Function", "OriginAccessControl", "ResponseHeadersPolicy")
        for name in resources(f"AWS::CloudFront::{kind}")
        if "Name" in of(name)
    ]
    region = "ap-southeast-1"
    assert named
    for each in named:
        name = each.replace("${AWS::StackName}", "a" * NAME_LENGTH).replace("${AWS::Region}", region)
        assert len(name) <= 64


def test_a_bedrock_profile_and_its_models_can_all_be_granted() -> None:
    assert template()["Parameters"]["BedrockModelArns"]["Type"] == "CommaDelimitedList"
    statement = of("WorkerRole")["Policies"][0]["PolicyDocument"]["Statement"][-1]["Fn::If"][1]
    assert statement["Resource"] == {"Ref": "BedrockModelArns"}

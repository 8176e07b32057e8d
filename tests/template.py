"""`template.yaml` as plain data: an intrinsic function is a mapping of its long name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from local_dev.template.intrinsics import Template

ROOT = Path(__file__).parent.parent


class HttpRoute(NamedTuple):
    method: str
    path: str
    folder: str


def read_template(file: Path) -> dict[str, Any]:
    return {**Template.load(file, region="").document}


@cache
def template() -> dict[str, Any]:
    return read_template(ROOT / "template.yaml")


def resources(kind: str) -> dict[str, dict[str, Any]]:
    return {name: resource for name, resource in template()["Resources"].items() if resource["Type"] == kind}


def functions() -> dict[str, dict[str, Any]]:
    return {name: resource["Properties"] for name, resource in resources("AWS::Serverless::Function").items()}


def folder_of(name: str) -> str:
    return functions()[name]["CodeUri"].removeprefix("functions/").rstrip("/")


def http_routes() -> list[HttpRoute]:
    """Those of the HTTP API; the stream has a URL of its own."""
    return [
        HttpRoute(event["Properties"]["Method"], event["Properties"]["Path"], folder_of(name))
        for name, properties in functions().items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]


def socket_routes() -> dict[str, str]:
    """Folder by route key."""
    api = template()["Resources"]["WebSocketApi"]["Properties"]
    return {
        route: folder_of(properties["FunctionArn"]["Fn::GetAtt"][0])
        for route, properties in api["Routes"].items()
    }


def worker_variables() -> dict[str, Any]:
    """Those of the worker's container that are set without a condition."""
    (task,) = resources("AWS::ECS::TaskDefinition").values()
    pairs = task["Properties"]["ContainerDefinitions"][0]["Environment"]
    return {pair["Name"]: pair["Value"] for pair in pairs if "Name" in pair}


def of(name: str) -> dict[str, Any]:
    return template()["Resources"][name]["Properties"]


def default(parameter: str) -> Any:
    return template()["Parameters"][parameter]["Default"]


def container() -> dict[str, Any]:
    return of("TaskDefinition")["ContainerDefinitions"][0]


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


def variables() -> dict[str, Any]:
    return template()["Globals"]["Function"]["Environment"]["Variables"]

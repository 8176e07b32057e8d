"""The template, built and deployed to the account on this computer in the same way as `make deploy` does."""

from __future__ import annotations

import asyncio
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from local_dev.repository import ROOT
from tests.deployed.account import REGION, Account, clean_environment
from tests.deployed.adaptations import adapted
from tests.template import read_template

STACK = "forge-mcp"
BUILT = ROOT / ".aws-sam" / "account"
"""Beside what `sam build` makes for AWS: this is for this computer's processor."""
_SAM = (str(ROOT / ".tools/sam/bin/python"), str(ROOT / ".tools/sam/bin/sam"))


@dataclass(frozen=True, slots=True)
class Installation:
    """`resources`: physical ids by their names in the template."""

    account: Account
    outputs: Mapping[str, str]
    resources: Mapping[str, str]

    @property
    def http_url(self) -> str:
        return f"{self.account.url}/_aws/execute-api/{self.resources['HttpApi']}"

    @property
    def socket_url(self) -> str:
        host, number = self.account.port.host, self.account.port.number
        return f"ws://{host}:{number}/_aws/execute-api/{self.resources['WebSocketApi']}/ws"

    def function_variables(self, name: str) -> dict[str, str]:
        found = self.account.client("lambda").get_function_configuration(FunctionName=self.resources[name])
        return found["Environment"]["Variables"]

    def worker_variables(self) -> dict[str, str]:
        """Those of the deployed task, its secrets read with the role that ECS reads them with."""
        ecs = self.account.client("ecs")
        task = ecs.describe_task_definition(taskDefinition=self.resources["TaskDefinition"])["taskDefinition"]
        (container,) = task["containerDefinitions"]
        start = self.account.credentials(self.resources["WorkerStartRole"], "start")
        secrets = self.account.client("secretsmanager", start)
        plain = {each["name"]: each["value"] for each in container["environment"] if each}
        # MiniStack leaves an empty mapping in the place of AWS::NoValue.
        for each in filter(None, container["secrets"]):
            found = secrets.get_secret_value(SecretId=each["valueFrom"])
            plain[each["name"]] = found["SecretString"]
        return plain


async def build() -> None:
    """`sam build` for this computer, adapted to the emulator."""
    environment = clean_environment() | {"ARCHITECTURE": architecture(), "SAM_CLI_TELEMETRY": "0"}
    await _run(environment, *_SAM, "build", "--parallel", "--build-dir", str(BUILT))
    template = read_template(BUILT / "template.yaml")
    (BUILT / "adapted.yaml").write_text(yaml.safe_dump(adapted(template), sort_keys=False))


def architecture() -> str:
    return "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"


async def deploy(account: Account, parameters: Mapping[str, str]) -> Installation:
    overrides = [f"ParameterKey={name},ParameterValue={value}" for name, value in parameters.items()]
    await _run(
        account.environment | {"SAM_CLI_TELEMETRY": "0"},
        *_SAM,
        *(
            "deploy",
            "--template-file",
            str(BUILT / "adapted.yaml"),
            "--stack-name",
            STACK,
            "--region",
            REGION,
        ),
        *("--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-progressbar"),
        *("--parameter-overrides", *overrides),
    )
    return _found(account)


def _found(account: Account) -> Installation:
    cloudformation = account.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    resources = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for page in pages
        for each in page["StackResourceSummaries"]
    }
    return Installation(account, outputs, resources)


async def _run(environment: Mapping[str, str], *command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


def granted(account: Account, role: str) -> Any:
    """The statements of the role's own policies, as they are deployed."""
    iam = account.client("iam")
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        yield from (json.loads(document) if isinstance(document, str) else document)["Statement"]

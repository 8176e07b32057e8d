"""What lists in the code require of `template.yaml` and the documents; a failure names what to add, and where."""

from __future__ import annotations

import re
from typing import Any

import pytest

from forge.models.session import NetworkInfo
from tests.template import ROOT, applied, container, of, template
from worker.ethereum.known_networks import KNOWN_NETWORKS, rpc_variable

ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:the-one"
OPERATIONS = (ROOT / "docs/operations.md").read_text()
TOOLS = (ROOT / "docs/tools.md").read_text()
TEMPLATE = (ROOT / "template.yaml").read_text()


def rpc_parameter(network: NetworkInfo) -> str:
    """`linea-sepolia` → `LineaSepoliaRpcUrlArn`."""
    return "".join(part.capitalize() for part in network.name.split("-")) + "RpcUrlArn"


def secrets(**parameters: str) -> dict[str, str]:
    """The secret variables of the worker's container: where the value of each comes from."""
    given = applied(**parameters).resolve(container()["Secrets"])
    return {secret["Name"]: secret["ValueFrom"] for secret in given}


def readable(**parameters: str) -> set[str]:
    """What the role that starts the worker may read."""
    policies: list[dict[str, Any]] = applied(**parameters).resolve(of("WorkerStartRole")["Policies"])
    return {
        statement["Resource"] for each in policies for statement in each["PolicyDocument"]["Statement"]
    } & {ARN}


def missing(parameter: str, variable: str) -> list[str]:
    """What the worker lacks in AWS, so that it never sees the secret of this parameter."""
    if parameter not in template()["Parameters"]:
        return [f"template.yaml, Parameters: add {parameter}, the ARN of a secret, with an empty default"]
    found: list[str] = []
    if secrets(**{parameter: ARN}).get(variable) != ARN:
        found.append(
            f"template.yaml, TaskDefinition, Secrets: add {variable} with !Ref {parameter}, if that is set"
        )
    if variable in secrets():
        found.append(
            f"template.yaml, TaskDefinition, Secrets: give {variable} a condition; {parameter} may be empty"
        )
    if not readable(**{parameter: ARN}):
        found.append(
            f"template.yaml, WorkerStartRole, Policies: add one that reads !Ref {parameter}, if that is set"
        )
    return found


@pytest.mark.parametrize("network", KNOWN_NETWORKS, ids=lambda network: network.name)
def test_a_known_network_can_be_configured_in_aws(network: NetworkInfo) -> None:
    lacks = missing(rpc_parameter(network), rpc_variable(network.name))
    assert not lacks, f"{network.title} cannot be reached in AWS. " + "; ".join(lacks)


@pytest.mark.parametrize("network", KNOWN_NETWORKS, ids=lambda network: network.name)
def test_a_known_network_is_named_where_documents_list_them(network: NetworkInfo) -> None:
    prefix = rpc_variable(network.name).removesuffix("RPC_URL")
    assert f"`{prefix}`" in TOOLS, f"add `{prefix}` to the networks of docs/tools.md"


@pytest.mark.parametrize("parameter", [name for name in template()["Parameters"] if name.endswith("Arn")])
def test_a_secret_that_the_worker_is_given_may_be_read(parameter: str) -> None:
    variables = [name for name, source in secrets(**{parameter: ARN}).items() if source == ARN]
    lacks = [lack for variable in variables for lack in missing(parameter, variable)]
    assert not lacks, "; ".join(lacks)


def test_a_network_without_its_wiring_is_told_with_what_to_add() -> None:
    novel = NetworkInfo(name="novel-one", chain_id=7, title="Novel")
    (told,) = missing(rpc_parameter(novel), rpc_variable(novel.name))
    assert "add NovelOneRpcUrlArn" in told
    assert [lack.partition(":")[0] for lack in missing("CertificateArn", "NOVEL_ONE_RPC_URL")] == [
        "template.yaml, TaskDefinition, Secrets",
        "template.yaml, WorkerStartRole, Policies",
    ]


@pytest.mark.parametrize("parameter", template()["Parameters"])
def test_a_parameter_is_used_grouped_and_told_to_operators(parameter: str) -> None:
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert any(parameter in group["Parameters"] for group in groups), (
        f"add {parameter} to one of the groups in template.yaml, Metadata, ParameterGroups"
    )
    assert len(re.findall(rf"\b{parameter}\b", TEMPLATE)) >= 3, (
        f"nothing in template.yaml uses {parameter}: refer to it, or remove it and its place in the groups"
    )
    assert f"| `{parameter}` |" in OPERATIONS, (
        f"add a row for {parameter}, with its default, to the table of parameters in docs/operations.md"
    )

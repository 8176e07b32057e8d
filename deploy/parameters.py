"""Converts answers to the template's parameters. A parameter that a deployment does not name keeps its value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.llm_key import PARAMETERS, key_parameter
from deploy.programs import DeployFailed, Programs
from deploy.questions import EVERYBODY, Answers
from local_dev.template.intrinsics import Template

SMALL = {"WorkerCpu": "256", "WorkerMemory": "512", "RunsPerWorker": "15", "WorkerConcurrency": "60"}
"""The size of a first installation by `make deploy`. `--set` makes it larger."""
ALONE = {"TestChain": "true", "WorkerCountMax": "1"}
"""Used if no network is named, so that the README's first example works."""
MADE = ("EdgeSecret", "EdgeDigests", "WorkerImageUri")
"""Parameters that each deployment sets again."""
FREE_CONCURRENCY = 100
"""Lambda refuses a reservation that leaves less than this to the account's other functions."""


def template(folder: Path) -> Template:
    return Template.load(folder / "template.yaml", region="us-east-1")


def defaults(folder: Path) -> dict[str, str]:
    """Return the defaults of every parameter of the template."""
    return {name: str(each["Default"]) for name, each in template(folder).section("Parameters").items()}


def chosen(
    known: Mapping[str, str], deployed: Mapping[str, str], answers: Answers, keys: str
) -> dict[str, str]:
    """Return the parameters for a stack that has those of `deployed` (none yet: a new one), without secrets and
    image.

    `known`: the template's parameters with their defaults. `keys`: ARN prefix of the keys. Values that were set for a
    newer template and are unknown to this one are left out, so that an older commit can be deployed.
    """
    values = {name: value for name, value in deployed.items() if name in known and name not in MADE}
    if not deployed:
        has_network = any(name.endswith("RpcUrlArn") and value for name, value in answers.parameters.items())
        values = SMALL | ({} if has_network else ALONE)
    values |= {"ForgeLlm": answers.llm} | answers.login()
    if "AllowAnonymous" in known:
        values["AllowAnonymous"] = "true" if answers.who == EVERYBODY else "false"
    if parameter := key_parameter(answers.llm):
        values[parameter] = f"{keys}{parameter}"
    return values | {name: value for name, value in answers.parameters.items() if name in known}


def deployed_answers(deployed: Mapping[str, str], stack: str) -> dict[str, Any]:
    """Return the answers with which `stack` was deployed, by its parameters; none for none.

    Without them, a key that is renewed from another computer would open a closed installation to everybody. Who may
    enter is not among them if the stack names no login and does not let everybody in. The key's place is among them if
    the operator chose it, and not `make deploy`.

    Raises `DeployFailed` if the stack is none of these.
    """
    if not deployed:
        return {}
    if "ForgeLlm" not in deployed:
        raise DeployFailed(
            f"The stack {stack} is no installation of forge-mcp: it has no parameter ForgeLlm. Name another one "
            "(STACK=name)."
        )
    issuer, audience = deployed.get("AuthIssuer", ""), deployed.get("AuthAudience", "")
    is_open = deployed.get("AllowAnonymous") == "true"
    who = {"who": f"{issuer} {audience}" if issuer else EVERYBODY} if issuer or is_open else {}
    places = {name: deployed.get(name, "") for name in set(PARAMETERS.values())}
    return {
        "llm": deployed["ForgeLlm"],
        **who,
        "parameters": {
            name: place
            for name, place in places.items()
            if place and not place.endswith(f":parameter/{stack}/{name}")
        },
    }


def refuse_unknown(known: Mapping[str, str], given: Mapping[str, str]) -> None:
    """Raises `DeployFailed`."""
    if unknown := sorted(set(given) - set(known)):
        raise DeployFailed(
            f"The template has no parameter {', '.join(unknown)}; docs/operations.md lists them."
        )


def bedrock_arns(programs: Programs, llm: str, region: str) -> str:
    """Return the ARNs that must be allowed for `bedrock:<model>`: an inference profile needs its own and those of
    its models.
    """
    model = llm.partition(":")[2]
    profile = programs.found("bedrock", "get-inference-profile", "--inference-profile-identifier", model)
    if profile is None:
        return f"arn:aws:bedrock:{region}::foundation-model/{model}"
    models: list[str] = [each["modelArn"] for each in profile["models"]]
    return ",".join([profile["inferenceProfileArn"], *models])


def stream_concurrency(programs: Programs) -> str:
    """Return a quarter of the account's Lambda concurrency, if enough stays free; else no limit."""
    settings: Any = programs.aws("lambda", "get-account-settings")
    quota = int(settings["AccountLimit"]["ConcurrentExecutions"])
    share = quota // 4
    return str(share) if quota - share >= 2 * FREE_CONCURRENCY else "0"

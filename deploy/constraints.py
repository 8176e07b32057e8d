"""Checks parameters by the template's own constraints and rules before anything is built. CloudFormation checks them
too, but only after the image and the functions have been built and uploaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.programs import DeployFailed
from local_dev.template.intrinsics import Template

SHOWN = 60
"""Characters of a refused value that the message repeats."""
ORDERED = (
    ("WorkerCountMin", "WorkerCountMax"),
    ("RunsPerWorker", "WorkerConcurrency"),
    ("EgressFromPort", "EgressToPort"),
)
"""Numbers of which the first must not exceed the second. A rule of a template cannot compare numbers."""
LATER = {"WorkerImageUri": "made by each deployment", "EdgeSecret": "", "EdgeDigests": ""}
"""Stand-ins for values that do not exist yet when the rules are checked."""


def refuse_invalid(template: Template, values: Mapping[str, str]) -> None:
    """Raises `DeployFailed` for the values that the template does not allow, alone or together."""
    declared = template.section("Parameters")
    wrong = [
        f"{name} is {_shown(declared[name], value)}; {problem}"
        for name, value in values.items()
        if name in declared and (problem := _problem(declared[name], value))
    ]
    if wrong := wrong or [*_disordered(declared, values), *_refused(template, values)]:
        raise DeployFailed(
            "\n".join([*wrong, "Nothing was deployed. docs/operations.md describes the parameters."])
        )


def _refused(template: Template, values: Mapping[str, str]) -> Iterator[str]:
    """Yield what the template's section Rules says of values that do not go together."""
    defaults = {name: str(each["Default"]) for name, each in template.section("Parameters").items()}
    chosen = Template(template.document, region="us-east-1")
    chosen.refs.update({**defaults, **values, **LATER})
    for rule in template.section("Rules").values():
        if chosen.resolve(rule.get("RuleCondition", True)):
            for each in rule["Assertions"]:
                if not chosen.resolve(each["Assert"]):
                    yield each["AssertDescription"]


def _disordered(declared: Mapping[str, Mapping[str, Any]], values: Mapping[str, str]) -> Iterator[str]:
    for small, large in ORDERED:
        least, most = (values.get(name, str(declared[name]["Default"])) for name in (small, large))
        if float(least) > float(most):
            yield f"{small} is {least} and {large} is {most}; {small} must not be more than {large}."


def _problem(parameter: Mapping[str, Any], value: str) -> str | None:
    allowed = [str(each) for each in parameter.get("AllowedValues", [])]
    if allowed and value not in allowed:
        return f"it must be one of {', '.join(allowed)}."
    if parameter["Type"] == "Number" and not _is_number(parameter, value):
        least, most = parameter.get("MinValue"), parameter.get("MaxValue")
        limits = [f"of {least} or more"] * (least is not None) + [f"of {most} or less"] * (most is not None)
        return f"it must be a number {' and '.join(limits)}".rstrip() + "."
    if not re.fullmatch(str(parameter.get("AllowedPattern", ".*")), value, re.DOTALL):
        return str(
            parameter.get("ConstraintDescription") or f"it must be: {parameter.get('Description', '')}"
        )
    return None


def _is_number(parameter: Mapping[str, Any], value: str) -> bool:
    if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,9})?", value):
        return False
    return float(parameter.get("MinValue", value)) <= float(value) <= float(parameter.get("MaxValue", value))


def _shown(parameter: Mapping[str, Any], value: str) -> str:
    if parameter.get("NoEcho"):
        return "not allowed"
    return f"“{value[:SHOWN]}”"

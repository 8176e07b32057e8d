"""Checks parameters by the template's own constraints before anything is built. CloudFormation checks them too, but
only after the image and the functions have been built and uploaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from deploy.programs import DeployFailed

SHOWN = 60
"""Characters of a refused value that the message repeats."""


def refuse_invalid(declared: Mapping[str, Mapping[str, Any]], values: Mapping[str, str]) -> None:
    """`declared`: the template's section Parameters. Raises `DeployFailed` for the values that it does not allow."""
    wrong = [
        f"{name} is {_shown(declared[name], value)}; {problem}"
        for name, value in values.items()
        if name in declared and (problem := _problem(declared[name], value))
    ]
    if wrong:
        raise DeployFailed(
            "\n".join([*wrong, "Nothing was deployed. docs/operations.md describes the parameters."])
        )


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

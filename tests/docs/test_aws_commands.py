"""Commands of the AWS CLI in the documents: service, operation and options exist."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session

from local_dev.repository import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EVERYWHERE = frozenset({"query", "output", "region", "profile"})
OF_THE_CLI = frozenset({"s3"})
"""Commands that the CLI makes of several operations."""


def commands() -> list[tuple[str, str]]:
    """(document, command), of code blocks and of code within a line."""
    found = set[tuple[str, str]]()
    for path in DOCUMENTS:
        text = path.read_text().replace("\\\n", " ")
        told = [
            *re.findall(r"^\s*(aws [a-z].*)$", text, re.MULTILINE),
            *re.findall(r"`(aws [a-z][^`]*)`", text),
        ]
        found |= {(str(path.relative_to(ROOT)), each) for each in told}
    return sorted(found)


@cache
def model(service: str) -> Any:
    return Session().get_service_model(service)


@pytest.mark.parametrize(("document", "command"), commands())
def test_a_command_of_the_aws_cli_is_one_that_there_is(document: str, command: str) -> None:
    words = shlex.split(command)
    service, operation = words[1:3]
    options = {word.removeprefix("--") for word in words[3:] if word.startswith("--")}
    if service in OF_THE_CLI:
        return
    if operation == "wait":
        waiters = Session().get_component("data_loader").load_service_model(service, "waiters-2")["waiters"]
        operation = xform_name(
            waiters[{xform_name(name, "-"): name for name in waiters}[words[3]]]["operation"], "-"
        )
    operations = {xform_name(name, "-"): name for name in model(service).operation_names}
    assert operation in operations, document
    shape = model(service).operation_model(operations[operation]).input_shape
    assert options <= {xform_name(name, "-") for name in shape.members} | EVERYWHERE, document


def test_there_are_some() -> None:
    assert len(commands()) > 8

"""The permissions that the roles used in the tests before this one, compared with those that they are granted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.deployed.account import Check
from tests.deployed.conftest import Deployed
from tests.deployed.installation import granted
from tests.template import functions

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


Statement = dict[str, Any]

UNREACHED = {
    ("AdoptSession", "dynamodb:BatchWriteItem"),
    ("AdoptSession", "execute-api:ManageConnections"),
    ("DeleteAccount", "dynamodb:BatchWriteItem"),
    ("DeleteAccount", "dynamodb:Query"),
    ("DeleteAccount", "execute-api:ManageConnections"),
    ("ExpireSession", "sqs:SendMessage"),
    ("ListSessions", "dynamodb:Query"),
    ("WsAuth", "dynamodb:DeleteItem"),
    ("WsAuth", "execute-api:ManageConnections"),
    ("WsTicket", "dynamodb:UpdateItem"),
}
"""Statements, by their last action, that nothing comes to here. All but one are of functions for people who have logged
in, and MiniStack cannot reach an issuer: tests/api/test_permissions.py removes them. ExpireSession's is SAM's own, for
records that fail for good: Lambda itself sends these.
"""


def permits(statements: Iterable[Statement], check: Check) -> bool:
    """As IAM decides when nothing is denied and no statement has a condition (see the test of that)."""
    return any(
        any(fnmatchcase(check.action, action) for action in listed(each["Action"]))
        and any(fnmatchcase(check.resource, resource) for resource in listed(each["Resource"]))
        for each in statements
    )


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


async def test_nobody_was_denied_anything(deployed: Deployed) -> None:
    assert [check for check in deployed.account.checks() if not check.allowed] == []


async def test_the_worker_uses_all_that_it_is_granted(deployed: Deployed) -> None:
    """So a permission that is taken from the template is one that is denied here."""
    account, role = deployed.account, deployed.installation.resources["WorkerRole"]
    used = {(each.action, each.resource) for each in account.checks() if each.role == role}
    unused = [
        (action, statement["Resource"])
        for statement in granted(account, role)
        for action in listed(statement["Action"])
        if not any(action == done and fnmatchcase(resource, statement["Resource"]) for done, resource in used)
    ]
    assert unused == []


async def test_without_any_one_statement_something_that_was_done_is_denied(deployed: Deployed) -> None:
    """Of each role's calls in the tests before this one, and each of its statements as it is deployed."""
    account, checks = deployed.account, deployed.account.checks()
    spared = set[tuple[str, str]]()
    for name, role in roles(deployed):
        statements: list[Statement] = list(granted(account, role))
        done = [check for check in checks if check.role == role]
        assert all(permits(statements, check) for check in done if not is_managed(check))
        for number, each in enumerate(statements):
            assert (each["Effect"], each.get("Condition")) == ("Allow", None)
            others = statements[:number] + statements[number + 1 :]
            if not any(permits([each], check) and not permits(others, check) for check in done):
                spared.add((name, listed(each["Action"])[-1]))
    assert spared == UNREACHED


def roles(deployed: Deployed) -> Iterator[tuple[str, str]]:
    """The worker and the functions, with the role of each."""
    found = deployed.installation.resources
    yield "WorkerRole", found["WorkerRole"]
    for name in functions():
        yield name, found[f"{name}Role"]


def is_managed(check: Check) -> bool:
    """Granted by what SAM adds of its own: logs, and reading the table's stream."""
    return check.action.startswith("logs:") or "/stream/" in check.resource


async def test_what_is_not_granted_is_denied(deployed: Deployed) -> None:
    """The account does look: what is said above would hold in one that grants everything."""
    worker = deployed.account.credentials(deployed.installation.resources["WorkerRole"], "probe")
    with pytest.raises(ClientError, match="AccessDenied"):
        deployed.account.client("dynamodb", worker).scan(TableName=deployed.installation.outputs["TableName"])

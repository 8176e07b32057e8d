"""What the roles were asked for while the tests before this one used the installation, and what they are granted."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from botocore.exceptions import ClientError

from tests.deployed.conftest import Deployed
from tests.deployed.installation import granted

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


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


async def test_what_is_not_granted_is_denied(deployed: Deployed) -> None:
    """The account does look: what is said above would hold in one that grants everything."""
    worker = deployed.account.credentials(deployed.installation.resources["WorkerRole"], "probe")
    with pytest.raises(ClientError, match="AccessDenied"):
        deployed.account.client("dynamodb", worker).scan(TableName=deployed.installation.outputs["TableName"])

"""The documented commands that restore a table and read a conversation in it, carried out on moto."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import jmespath
import pytest
from botocore import xform_name
from botocore.session import get_session

from forge.settings import Settings
from forge.store import open_store, system_clock
from local_dev.repository import ROOT
from tests.schema import create_table
from tests.store.scenes import KEY, completed, spoken, started

TABLE, RESTORED = "TABLE", "forge-looked-at"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text().replace("\\\n", " ")


def documented(operation: str) -> str:
    (command,) = re.findall(rf"^(aws dynamodb {operation} .*)$", OPERATIONS, re.MULTILINE)
    return command


def carried_out(dynamodb: Any, command: str) -> Any:
    """The answer, as the CLI's `--query` shows it."""
    _, _, operation, *words = shlex.split(command)
    given = dict(zip(words[::2], words[1::2], strict=True))
    query, _ = given.pop("--query", "@"), given.pop("--output", "")
    shape = dynamodb.meta.service_model.operation_model(
        dynamodb.meta.method_to_api_mapping[operation.replace("-", "_")]
    )
    names = {f"--{xform_name(name, '-')}": name for name in shape.input_shape.members}
    parameters = {
        names[name]: json.loads(value) if value[0] in "{[" else value for name, value in given.items()
    }
    return jmespath.search(query, getattr(dynamodb, operation.replace("-", "_"))(**parameters))


@pytest.fixture
def dynamodb(aws: None) -> Any:
    """A table with one conversation."""
    client: Any = get_session().create_client("dynamodb", region_name="us-east-1")
    create_table(client, TABLE)
    recovery = {"PointInTimeRecoveryEnabled": True}
    client.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=recovery)
    store = open_store(Settings(forge_table=TABLE), system_clock, client)
    lease = started(store, "pay Bob")
    store.runs.finish(lease, completed(spoken("Bob is paid.")))
    return client


def conversation(dynamodb: Any) -> Any:
    return carried_out(dynamodb, documented("query").replace("ID", KEY.session_id))


@pytest.mark.slow
def test_a_conversation_is_read_in_a_table_of_an_earlier_second(dynamodb: Any) -> None:
    carried_out(dynamodb, documented("restore-table-to-point-in-time"))
    dynamodb.delete_table(TableName=TABLE)
    assert conversation(dynamodb) == [["user", "pay Bob"], ["agent", "Bob is paid."]]
    carried_out(dynamodb, documented("delete-table"))
    assert dynamodb.list_tables()["TableNames"] == []


@pytest.mark.slow
def test_a_conversation_is_read_in_the_copy_of_a_deleted_table(dynamodb: Any) -> None:
    """moto keeps no copy by itself, and calls each backup one of a user, so this one is made."""
    dynamodb.create_backup(TableName=TABLE, BackupName="copy")
    dynamodb.delete_table(TableName=TABLE)
    listed = documented("list-backups").replace("SYSTEM", "USER")
    ((name, arn),) = carried_out(dynamodb, listed)
    assert name == TABLE
    carried_out(dynamodb, documented("restore-table-from-backup").replace("ARN", arn))
    assert conversation(dynamodb) == [["user", "pay Bob"], ["agent", "Bob is paid."]]

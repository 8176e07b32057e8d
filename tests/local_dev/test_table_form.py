"""A kept table of an earlier version: it gets the indexes that it lacks, and keeps what was accepted."""

from __future__ import annotations

import asyncio
import signal
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from local_dev.aws.create_tables import client, create_tables
from local_dev.processes.dynamodb_emulator import Emulator, dynoxide
from local_dev.processes.processes import Processes
from local_dev.processes.table_form import fits, missing_indexes
from local_dev.template.aws_variables import aws_variables
from local_dev.template.resource_names import local_wiring, shapes

URL = "http://127.0.0.1:1"
WIRING = local_wiring({}, URL)
TABLE, WANTED = next(iter(shapes(WIRING).items()))


def changed(**properties: Any) -> dict[str, Any]:
    return {TABLE: {**deepcopy(WANTED), **properties}}


def older() -> dict[str, Any]:
    """The table as it was before the index `owned`."""
    indexes = [index for index in WANTED["GlobalSecondaryIndexes"] if index["IndexName"] == "work"]
    keys = {key["AttributeName"] for each in (WANTED, *indexes) for key in each["KeySchema"]}
    types = [each for each in WANTED["AttributeDefinitions"] if each["AttributeName"] in keys]
    return changed(GlobalSecondaryIndexes=indexes, AttributeDefinitions=types)


def other_index() -> dict[str, Any]:
    first, *others = deepcopy(WANTED["GlobalSecondaryIndexes"])
    return changed(GlobalSecondaryIndexes=[{**first, "Projection": {"ProjectionType": "ALL"}}, *others])


def other_type() -> dict[str, Any]:
    first, *others = WANTED["AttributeDefinitions"]
    return changed(AttributeDefinitions=[{**first, "AttributeType": "N"}, *others])


def test_only_a_table_that_would_have_to_be_made_anew_does_not_fit() -> None:
    wanted = {TABLE: WANTED}
    assert all(fits(kept, wanted) for kept in ({}, {"Other": {}}, wanted, older()))
    assert fits(wanted, older())
    key = changed(KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])
    assert not any(fits(kept, wanted) for kept in (key, other_index(), other_type()))


def test_a_table_with_all_indexes_lacks_none() -> None:
    assert list(missing_indexes(WANTED, WANTED)) == []
    assert list(missing_indexes(WANTED, older()[TABLE])) == []


@pytest.mark.processes
@pytest.mark.skipif(dynoxide() is None, reason="no dynoxide for this platform")
async def test_an_update_that_adds_an_index_keeps_what_was_accepted(tmp_path: Path) -> None:
    said: list[str] = []
    processes = Processes(tmp_path / "logs")
    before = Emulator(processes, "dynoxide", tmp_path, older(), said.append)
    child = await before.start()
    item = {"pk": {"S": "kept"}, "sk": {"S": "x"}, "owned_by": {"S": "somebody"}, "created_at": {"N": "1"}}
    dynamodb = client("dynamodb", aws_variables({}, before.url, URL, "any"))
    dynamodb.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", **older()[TABLE])
    dynamodb.put_item(TableName=TABLE, Item=item)
    child.signal(signal.SIGKILL)
    await child.wait()

    after = Emulator(processes, "dynoxide", tmp_path, {TABLE: WANTED}, said.append)
    await after.start()
    variables = aws_variables({}, after.url, URL, "any")
    await asyncio.to_thread(create_tables, WIRING, variables)
    found = client("dynamodb", variables).query(
        TableName=TABLE,
        IndexName="owned",
        KeyConditionExpression="owned_by = :who",
        ExpressionAttributeValues={":who": {"S": "somebody"}},
    )
    await processes.close()
    assert ([each["pk"] for each in found["Items"]], said) == ([{"S": "kept"}], [])

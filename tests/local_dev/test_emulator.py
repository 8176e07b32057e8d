"""The table's emulators as the application uses them; an acknowledged write survives the death of the emulator."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sqlite3
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from botocore.exceptions import BotoCoreError, ClientError

from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.store.running.write_ahead import Stamp
from local_dev.aws.create_tables import client, create_tables
from local_dev.processes.dynamodb_emulator import MINISTACK, Emulator, chosen, dynoxide, is_readable
from local_dev.processes.processes import Child, Processes, StartFailed
from local_dev.template.aws_variables import aws_variables
from local_dev.template.resource_names import local_wiring, shapes

pytestmark = pytest.mark.processes

needs_dynoxide = pytest.mark.skipif(dynoxide() is None, reason="no dynoxide for this platform")
needs_ministack = pytest.mark.skipif(
    not MINISTACK.exists(), reason="MiniStack is installed where dynoxide is not"
)
URL = "http://127.0.0.1:1"


class Emulated:
    """One emulator with the template's table."""

    def __init__(self, processes: Processes, name: str, state: Path) -> None:
        self.said: list[str] = []
        self.wiring = local_wiring({}, URL)
        self.table = self.wiring.template.refs["Table"]
        self.emulator = Emulator(processes, name, state, shapes(self.wiring), self.said.append)
        self.child: Child | None = None

    async def start(self) -> None:
        self.child = await self.emulator.start()
        variables = aws_variables({}, self.emulator.url, URL, "any")
        await asyncio.to_thread(create_tables, self.wiring, variables)
        self.dynamodb = client("dynamodb", variables)

    async def kill(self) -> None:
        assert self.child
        self.child.signal(signal.SIGKILL)
        await self.child.wait()

    def put(self, pk: str, **options: Any) -> dict[str, Any]:
        return {"Put": {"TableName": self.table, "Item": {"pk": {"S": pk}, "sk": {"S": "x"}}, **options}}

    def write(self, pk: str) -> None:
        self.dynamodb.transact_write_items(TransactItems=[self.put(pk)])

    def keys(self) -> set[str]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table)
        return {item["pk"]["S"] for page in pages for item in page["Items"]}


@pytest_asyncio.fixture
async def make(tmp_path: Path) -> AsyncGenerator[Callable[[str], Emulated]]:
    processes = Processes(tmp_path / "logs")
    state = tmp_path / "state"
    state.mkdir()
    yield lambda name: Emulated(processes, name, state)
    await processes.close()


@pytest_asyncio.fixture(
    params=[pytest.param("dynoxide", marks=needs_dynoxide), pytest.param("ministack", marks=needs_ministack)]
)
async def emulated(request: pytest.FixtureRequest, make: Callable[[str], Emulated]) -> Emulated:
    emulated = make(request.param)
    await emulated.start()
    return emulated


async def test_the_table_is_the_templates(emulated: Emulated) -> None:
    described = emulated.dynamodb.describe_table(TableName=emulated.table)["Table"]
    assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["work", "owned"]


async def test_a_refused_transaction_changes_nothing(emulated: Emulated) -> None:
    emulated.write("kept")
    refused = emulated.put("kept", ConditionExpression="attribute_not_exists(pk)")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        emulated.dynamodb.transact_write_items(TransactItems=[emulated.put("new"), refused])
    assert emulated.keys() == {"kept"}


async def test_a_log_item_replaces_only_what_has_an_older_stamp_or_its_own(emulated: Emulated) -> None:
    table = Table(emulated.dynamodb, emulated.table)
    item = {"pk": "log", "sk": "message#1"}

    def takes(stamp: Stamp) -> bool:
        (stamped,) = stamp.on([item])
        try:
            table.put(stamped, stamp.unrivalled())
        except ConditionFailed:
            return False
        return True

    first, rival, second = Stamp(8, "first"), Stamp(8, "rival"), Stamp(9, "second")
    taken = [takes(each) for each in (first, first, rival, second, first, rival, Stamp(9, "first"), second)]
    assert taken == [True, True, False, True, False, False, False, True]
    table.put(item)
    assert not takes(Stamp(10, "third"))


async def test_writes_beside_a_refused_transaction_are_kept(emulated: Emulated) -> None:
    refused = emulated.put("kept", ConditionExpression="attribute_exists(nothing)")

    def refuse() -> None:
        for _ in range(20):
            with pytest.raises(ClientError, match="ConditionalCheckFailed"):
                emulated.dynamodb.transact_write_items(TransactItems=[emulated.put("new"), refused])

    def write(start: int) -> None:
        for number in range(start, start + 20):
            emulated.write(f"beside-{number}")

    await asyncio.gather(
        asyncio.to_thread(refuse), asyncio.to_thread(write, 0), asyncio.to_thread(write, 100)
    )
    assert len(emulated.keys()) == 40


@needs_dynoxide
async def test_no_acknowledged_write_is_lost_by_deaths_in_the_middle_of_writing(
    make: Callable[[str], Emulated],
) -> None:
    emulated = make("dynoxide")
    await emulated.start()
    acknowledged: set[str] = set()
    url = emulated.emulator.url

    def write(start: int) -> None:
        for number in range(start, start + 500):
            try:
                emulated.write(f"{start}-{number}")
            except (BotoCoreError, ClientError):
                return
            acknowledged.add(f"{start}-{number}")

    for death in range(3):
        before = len(acknowledged)
        with ThreadPoolExecutor() as threads:
            writing = [threads.submit(write, death * 10_000 + 1_000 * thread) for thread in range(3)]
            while len(acknowledged) < before + 100:  # noqa: ASYNC110  threads write, no events
                await asyncio.sleep(0)
            await emulated.kill()
        assert all(each.done() for each in writing)
        await emulated.start()
    assert acknowledged <= emulated.keys()
    assert emulated.emulator.url == url
    assert emulated.said == []


@needs_dynoxide
async def test_a_port_that_another_program_has_costs_no_conversation(
    make: Callable[[str], Emulated],
) -> None:
    emulated = make("dynoxide")
    await emulated.start()
    emulated.write("before")
    await emulated.kill()
    with closing(socket.create_server(("127.0.0.1", emulated.emulator.port.number))):
        await emulated.start()
        assert emulated.keys() == {"before"}
    assert emulated.said == []


@needs_dynoxide
async def test_what_does_not_start_without_its_table_either_leaves_the_table_where_it_is(
    make: Callable[[str], Emulated], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulated = make("dynoxide")
    await emulated.start()
    emulated.write("before")
    await emulated.kill()
    program = tmp_path / "dynoxide"
    program.write_text("#!/bin/sh\necho no luck today\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("FORGE_DYNOXIDE", str(program))
    with pytest.raises(StartFailed, match="no luck today"):
        await emulated.start()
    monkeypatch.delenv("FORGE_DYNOXIDE")
    await emulated.start()
    assert emulated.keys() == {"before"}
    assert emulated.said == []


def damage(file: Path) -> None:
    file.write_bytes(b"This is no table." * 1000)


def damage_a_page(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:20480] = b"\xff" * (20480 - 4096)
    file.write_bytes(content)


@needs_dynoxide
@pytest.mark.parametrize("harm", [damage, damage_a_page])
async def test_a_damaged_table_is_set_aside_and_said(
    make: Callable[[str], Emulated], harm: Callable[[Path], None]
) -> None:
    emulated = make("dynoxide")
    await emulated.start()
    emulated.write("before")
    await emulated.kill()
    with closing(sqlite3.connect(emulated.emulator.file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    harm(emulated.emulator.file)
    await emulated.start()
    emulated.write("after")
    assert emulated.keys() == {"after"}
    assert emulated.emulator.is_empty
    assert [line.split(":")[0].endswith("is damaged") for line in emulated.said] == [True]
    assert list(emulated.emulator.file.parent.glob("table.db.set-aside-*"))


@needs_dynoxide
async def test_a_table_of_another_form_than_the_templates_is_set_aside(
    make: Callable[[str], Emulated], tmp_path: Path
) -> None:
    emulated = make("dynoxide")
    await emulated.start()
    await emulated.kill()
    shape = shapes(emulated.wiring)
    shape[emulated.table]["KeySchema"] = [{"AttributeName": "id", "KeyType": "HASH"}]
    (tmp_path / "state" / "table.json").write_text(json.dumps(shape))
    await emulated.start()
    assert ["of another form" in line for line in emulated.said] == [True]


@needs_dynoxide
@pytest.mark.parametrize("note", [b"", b"\xff\xfe", b'{"forge"', b"\0" * 600, b"5", b"[5]", b'{"Table": 5}'])
async def test_a_damaged_note_costs_no_conversation(
    make: Callable[[str], Emulated], tmp_path: Path, note: bytes
) -> None:
    emulated = make("dynoxide")
    await emulated.start()
    emulated.write("kept")
    await emulated.kill()
    (tmp_path / "state" / "table.json").write_bytes(note)
    await emulated.start()
    assert emulated.keys() == {"kept"}
    assert emulated.said == []


def test_a_file_that_is_only_locked_is_not_damaged(tmp_path: Path) -> None:
    file = tmp_path / "table.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("CREATE TABLE t (x)")
        database.execute("BEGIN EXCLUSIVE")
        assert is_readable(file)


def test_an_unknown_emulator_is_refused_with_those_that_exist() -> None:
    with pytest.raises(StartFailed, match="dynoxide, ministack"):
        chosen("localstack")


def test_the_named_program_wins(tmp_path: Path) -> None:
    assert dynoxide({"FORGE_DYNOXIDE": str(tmp_path)}) == tmp_path

from __future__ import annotations

from typing import Any

import pytest

from forge.aws.json_client import JsonClient
from forge.models.ids import new_run_id
from forge.models.run import CommandResult, ToolCommand
from forge.models.session import Catalog, NetworkInfo, ToolInfo
from forge.store import Store
from tests.clock import Clock


def test_a_command_gets_its_result(store: Store, clock: Clock):
    command = ToolCommand(
        command_id=new_run_id(), network="testnet", name="balance", arguments={"who": "Bob"}
    )
    assert store.commands.get(command.command_id) is None
    store.commands.put(command)
    assert store.commands.get(command.command_id) == command

    done = command.model_copy(update={"result": CommandResult(success=True, message="ok", data={"wei": 1.5})})
    store.commands.put(done)
    assert store.commands.get(command.command_id) == done

    clock.advance(601_000)
    assert store.commands.get(command.command_id) is None


def test_a_command_is_begun_although_the_aws_client_has_sent_that_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    command = ToolCommand(command_id=new_run_id(), network="testnet", name="balance", arguments={})
    store.commands.put(command)
    ask = JsonClient._ask

    def twice(client: JsonClient, operation: str, body: bytes) -> Any:
        ask(client, operation, body)
        return ask(client, operation, body)

    with monkeypatch.context() as patch:
        patch.setattr(JsonClient, "_ask", twice)
        assert store.commands.begin(command.command_id) == (command, True)
    assert store.commands.begin(command.command_id) == (command, False)


def test_the_catalog_is_what_was_published_last(store: Store, clock: Clock):
    assert store.commands.catalog() is None
    tool = ToolInfo(
        name="t", description="d" * 5_000, parameters={"type": "object"}, server="evm", read_only=True
    )
    network = NetworkInfo(name="testnet", chain_id=31337, title="Test")
    for llm in ("offline", "scripted"):
        catalog = Catalog(llm=llm, tools=[tool] * 200, networks=[network], published_at=clock.now)
        store.commands.publish(catalog)
        assert store.commands.catalog() == catalog

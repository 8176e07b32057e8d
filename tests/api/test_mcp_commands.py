"""`POST /api/mcp-command`."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from forge.api import dependencies, mcp_commands
from forge.models.run import CommandMessage, CommandResult
from forge.models.session import Catalog
from tests.api.gateway import Gateway
from tests.patience import PATIENCE_SECONDS


def command(gateway: Gateway, name: str, /, **args: Any) -> Any:
    answer = gateway.post("/api/mcp-command", {"command": name, "args": args, "session_id": "s"})
    assert answer.status == 200
    assert set(answer.json) == {"success", "message", "data"}
    return answer.json


def test_an_unknown_command_fails_by_name(gateway: Gateway, catalog: Catalog) -> None:
    result = command(gateway, "dance")
    assert (result["success"], result["message"]) == (False, "Unknown command: dance")


def test_tools_and_networks_are_those_of_the_workers(gateway: Gateway, catalog: Catalog) -> None:
    assert [tool["name"] for tool in command(gateway, "list_tools")["data"]["tools"]] == ["balance", "send"]
    networks = command(gateway, "list_networks")["data"]
    assert [network["name"] for network in networks["networks"]] == ["testnet", "base"]
    assert networks["current"] == "testnet"


@pytest.mark.parametrize("name", ["list_tools", "list_networks"])
def test_before_a_worker_has_started_there_is_nothing_to_list(gateway: Gateway, name: str) -> None:
    assert command(gateway, name)["success"] is False


def test_a_network_that_is_not_there_is_not_set(gateway: Gateway, catalog: Catalog) -> None:
    result = command(gateway, "set_network", network="moon")
    assert result["success"] is False
    assert "testnet, base" in result["message"]
    assert gateway.get("/api/state", session_id="s").json["rev"] == 0


def test_setting_the_network_creates_the_session_and_returns_its_id(
    gateway: Gateway, catalog: Catalog
) -> None:
    answer = gateway.post("/api/mcp-command", {"command": "set_network", "args": {"network": "base"}})
    session_id = answer.headers["x-session-id"]
    assert answer.json["data"] == {"network": "base", "session_id": session_id}
    assert gateway.get("/api/state", session_id=session_id).json["network"] == "base"


@pytest.mark.parametrize("name", ["send", "nothing"])
def test_only_read_only_tools_are_called_without_the_agent(
    gateway: Gateway, catalog: Catalog, sqs: Any, queue_url: str, name: str
) -> None:
    assert command(gateway, "call_tool", name=name)["success"] is False
    assert "Messages" not in sqs.receive_message(QueueUrl=queue_url)


def test_a_tool_is_called_by_a_worker_on_the_sessions_network(gateway: Gateway, catalog: Catalog) -> None:
    command(gateway, "set_network", network="base")

    def work() -> None:
        """Without a long poll: moto does one thing after the other, and would not take the command meanwhile."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not (deliveries := dependencies.queue().receive(1, 0)):
            assert time.monotonic() < until, "no command has come"
            time.sleep(0.05)
        (delivery,) = deliveries
        assert isinstance(delivery.body, CommandMessage)
        asked = dependencies.store().commands.get(delivery.body.command_id)
        assert asked
        found = {"network": asked.network, "name": asked.name, "arguments": asked.arguments}
        result = CommandResult(success=True, message="ok", data=found)
        dependencies.store().commands.put(asked.model_copy(update={"result": result}))

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    result = command(gateway, "call_tool", name="balance", arguments={"who": "Alice"})
    worker.join(PATIENCE_SECONDS)
    assert result["data"] == {"network": "base", "name": "balance", "arguments": {"who": "Alice"}}


def test_a_worker_that_does_not_answer_is_not_waited_for_for_ever(
    gateway: Gateway, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_commands, "PATIENCE_SECONDS", 0.1)
    result = command(gateway, "call_tool", name="balance")
    assert (result["success"], result["data"]) == (False, None)

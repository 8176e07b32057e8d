"""What a deployment tells its operator in every conversation."""

from __future__ import annotations

import pytest

from forge.errors import MissingApiKey
from worker.mcp_servers.own_servers import networks
from worker.program import operator_notices
from worker.settings import WorkerSettings


def notices(environment: dict[str, str], missing: MissingApiKey | None = None) -> list[str]:
    settings = WorkerSettings.from_environment(
        {"FORGE_TABLE": "t", "FORGE_LLM": "anthropic:x", **environment}
    )
    return operator_notices(settings, networks(environment), missing)


def test_a_first_network_without_a_node_is_told_with_what_to_set() -> None:
    nodes = {"BASE_RPC_URL": "https://base.example", "MAINNET_RPC_URL": "https://node.example"}
    assert notices({**nodes, "DEFAULT_NETWORK": "polygon"}) == [
        "A new conversation begins on polygon, which has no node here: set POLYGON_RPC_URL, "
        "or DEFAULT_NETWORK to mainnet or base."
    ]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"TESTNET_RPC_URL": "http://127.0.0.1:8545"},
        {"BASE_RPC_URL": "https://b", "DEFAULT_NETWORK": "base"},
    ],
)
def test_nothing_is_told_while_the_first_network_has_a_node_or_there_are_none(
    environment: dict[str, str],
) -> None:
    assert notices(environment) == []


def test_a_missing_key_and_the_offline_operator_are_told() -> None:
    assert "set OPENAI_API_KEY" in notices({}, MissingApiKey("OPENAI_API_KEY"))[0]
    assert "FORGE_LLM" in notices({"FORGE_LLM": "offline"})[0]

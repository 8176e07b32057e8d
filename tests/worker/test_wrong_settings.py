"""A worker whose settings are wrong says so in a sentence, and ends."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from forge.errors import InvalidRequest
from local_dev.repository import ROOT
from tests.patience import PATIENCE_SECONDS
from tests.properties import sampled
from worker.setting_numbers import number
from worker.setting_texts import http_url, key

ENVIRONMENT = {
    "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/forge'}",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "FORGE_TABLE": "forge",
    "FORGE_QUEUE_URL": "http://127.0.0.1:9/runs.fifo",
    "FORGE_WEBSOCKET_ENDPOINT": "http://127.0.0.1:9",
}
BEDROCK = {"FORGE_LLM": "bedrock:x", "AWS_BEARER_TOKEN_BEDROCK": "token"}

WRONG = [
    ({"FORGE_LLM": "gpt:4"}, "FORGE_LLM is “gpt:4”, which is not known. Use one of: "),
    ({"FORGE_LLM": "anthropic:"}, "FORGE_LLM is “anthropic:”, which is not known. Use one of: "),
    ({"WORKER_CONCURRENCY": "many"}, "WORKER_CONCURRENCY: "),
    ({"RUN_SECONDS": "inf"}, "RUN_SECONDS: "),
    ({"SESSION_TIMEOUT_MINUTES": "nan"}, "SESSION_TIMEOUT_MINUTES: "),
    ({"AUTH_ISSUER": "https://id.example"}, "AUTH_ISSUER needs AUTH_AUDIENCE"),
    ({"POLICY_SEND_LIMIT": "5 eth er"}, "A sending limit cannot be read"),
    ({"POLICY_DENIED_TOOLS": "send"}, "A denied tool is written"),
    ({"TESTNET_RPC_URL": "http://127.0.0.1:9", "TESTNET_CHAIN_ID": "anvil"}, "TESTNET_CHAIN_ID is “anvil”"),
    ({"TESTNET_RPC_URL": "http://127.0.0.1:9", "TESTNET_CHAIN_ID": "9" * 5000}, "TESTNET_CHAIN_ID is “999"),
    ({"TESTNET_RPC_URL": "http://127.0.0.1:9", "TESTNET_CHAIN_ID": "0"}, "TESTNET_CHAIN_ID is “0”"),
    (
        {"MAINNET_RPC_URL": "wss://mainnet.example/ws/v3/key"},
        "MAINNET_RPC_URL cannot be used: it must be an http",
    ),
    ({"DEFAULT_NETWORK": "mars"}, "DEFAULT_NETWORK: it must be one of testnet, mainnet, "),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT: it must be an http"),
    ({"FORGE_LLM": "openai:x", "OPENAI_BASE_URL": "http://[::1"}, "OPENAI_BASE_URL cannot be used: "),
    ({"FORGE_LLM": "anthropic:x", "ANTHROPIC_API_KEY": "ключ"}, "ANTHROPIC_API_KEY cannot be used: "),
    ({"FORGE_LLM": "openai:x", "OPENAI_API_KEY": "one\ntwo"}, "OPENAI_API_KEY cannot be used: "),
    ({"ETHERSCAN_API_KEY": "ключ"}, "ETHERSCAN_API_KEY cannot be used: "),
    (
        {**BEDROCK, "BEDROCK_REGION": "nowhere land"},
        "BEDROCK_REGION (else AWS_REGION) is “nowhere land”; it must be a region's name",
    ),
    (
        {"FORGE_LLM": "bedrock:x", "AWS_PROFILE": "nobody"},
        "The settings of AWS (a variable AWS_…, ",
    ),
    (
        {"AWS_CONFIG_FILE": str(ROOT / "README.md")},
        "The settings of AWS (a variable AWS_…, ",
    ),
    ({"FORGE_OFFLINE_PACE": "slow"}, "FORGE_OFFLINE_PACE is “slow”"),
    ({"FORGE_MCP_START_SECONDS": "-1"}, "FORGE_MCP_START_SECONDS is “-1”"),
    ({"FORGE_LLM": "openai:x", "OPENAI_API_KEY": "k", "FORGE_LLM_SECONDS": "1e999"}, "FORGE_LLM_SECONDS is "),
]


TRIED = sampled(WRONG, 2)


@pytest.fixture(scope="module")
def ends() -> list[dict[str, Any]]:
    """How a worker ended in the environment of each row."""
    started = subprocess.run(
        [sys.executable, "-m", "tests.worker.starts"],
        input=json.dumps([{**ENVIRONMENT, **wrong} for wrong, _ in TRIED]),
        env=ENVIRONMENT,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    return json.loads(started.stdout)


@pytest.mark.processes
@pytest.mark.hypothesis
@pytest.mark.parametrize(("row", "said"), [*enumerate(said for _, said in TRIED)])
def test_a_wrong_setting_is_named_without_a_traceback(
    ends: list[dict[str, Any]], row: int, said: str
) -> None:
    end = ends[row]
    assert end["status"] == 1
    assert f"The worker cannot start. {said}" in end["said"]
    assert "Traceback" not in end["said"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9",
        "HTTPS://node.example/v3/key?a=b c",
        "https://user:pass@node.example",
        "http://[::1]:8545",
        "http://ключ.example",
    ],
)
def test_a_url_that_a_request_can_be_made_to_is_taken(url: str) -> None:
    assert http_url({"SOME_URL": f" {url}\n"}, "SOME_URL") == url


@pytest.mark.parametrize(
    "url",
    [
        "node.example",
        "localhost:8545",
        "wss://node.example/v3/key",
        "http://",
        "http://node example/",
        "http://a:99999",
        "http://a:0",
        '"http://a"',
    ],
)
def test_a_url_that_no_request_can_be_made_to_is_refused_without_a_word_of_it(url: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^SOME_URL cannot be used: ") as refused:
        http_url({"SOME_URL": url}, "SOME_URL")
    assert "node" not in str(refused.value)


def test_a_url_and_a_key_that_are_not_set_take_their_defaults() -> None:
    assert http_url({"SOME_URL": " "}, "SOME_URL", "https://usual") == "https://usual"
    assert key({}, "SOME_KEY") == ""
    assert key({"SOME_KEY": " k-1\n"}, "SOME_KEY") == "k-1"


@pytest.mark.parametrize("text", ["x", "-1", "nan", "inf", "1e999", "1,5", "0x10", "１.２.３"])
def test_a_number_that_means_nothing_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^SOME_SECONDS is “"):
        number({"SOME_SECONDS": text}, "SOME_SECONDS", 5)


@pytest.mark.parametrize(("text", "found"), [("", 5), (" ", 5), ("0", 0), ("1.5", 1.5), (" 7 ", 7)])
def test_a_number_that_is_not_set_takes_its_default(text: str, found: float) -> None:
    assert number({"SOME_SECONDS": text}, "SOME_SECONDS", 5) == found

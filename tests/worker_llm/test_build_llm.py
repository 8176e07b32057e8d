from __future__ import annotations

import subprocess
import sys

import pytest

from forge.errors import InvalidRequest, MissingApiKey
from tests.patience import PATIENCE_SECONDS
from worker.agent.llm.build import build_llm

CLAUDE = "bedrock:eu.anthropic.claude-haiku-4-5-20251001-v1:0"


@pytest.mark.parametrize(
    ("name", "environment", "variable"),
    [
        ("anthropic:claude-sonnet-5", {}, "ANTHROPIC_API_KEY"),
        ("anthropic:claude-sonnet-5", {"ANTHROPIC_API_KEY": " "}, "ANTHROPIC_API_KEY"),
        ("openai:gpt-5", {}, "OPENAI_API_KEY"),
        ("openai-responses:gpt-5", {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, "OPENAI_API_KEY"),
        (CLAUDE, {}, "AWS_BEARER_TOKEN_BEDROCK"),
        (
            CLAUDE,
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "emulator"},
            "AWS_BEARER_TOKEN_BEDROCK",
        ),
    ],
)
def test_a_missing_key_is_named_even_if_the_process_has_one(
    name: str, environment: dict[str, str], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "of the process, not of the mapping")
    with pytest.raises(MissingApiKey) as raised:
        build_llm(name, environment)
    assert raised.value.variable == variable


@pytest.mark.parametrize("name", ["gpt-5", "anthropic", "anthropic:", "unknown:model", "Offline"])
def test_an_unknown_name_is_told_with_the_known_ones(name: str) -> None:
    with pytest.raises(InvalidRequest, match="offline, scripted, anthropic:<model>, openai:<model>"):
        build_llm(name, {})


def test_without_a_name_it_is_the_offline_operator() -> None:
    assert build_llm("", {}).model_name == "offline"
    assert build_llm("offline", {}).model_name == "offline"
    assert build_llm("scripted", {}).model_name == "scripted"


@pytest.mark.parametrize(
    ("name", "environment", "url"),
    [
        ("anthropic:claude-sonnet-5", {"ANTHROPIC_API_KEY": "k"}, "https://api.anthropic.com"),
        ("openai:gpt-5", {"OPENAI_API_KEY": "k"}, "https://api.openai.com/v1/"),
        ("openai:q", {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, "http://127.0.0.1:9/v1/"),
        (
            CLAUDE,
            {
                "AWS_BEARER_TOKEN_BEDROCK": "k",
                "AWS_REGION": "eu-west-1",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            },
            "",
        ),
        (CLAUDE, {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "BEDROCK_REGION": "eu-west-1"}, ""),
    ],
)
def test_requests_go_to_the_provider_and_never_to_the_emulator(
    name: str, environment: dict[str, str], url: str
) -> None:
    provider = build_llm(name, environment).provider
    assert provider is not None
    assert provider.base_url == (url or "https://bedrock-runtime.eu-west-1.amazonaws.com")


@pytest.mark.processes
def test_providers_are_imported_only_when_they_are_named() -> None:
    code = (
        "import sys; from worker.agent.llm.build import build_llm; build_llm('offline', {}); build_llm('scripted', {});"
        "print([m for m in ('anthropic', 'openai', 'boto3', 'botocore') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.stdout.strip() == "[]", done.stderr

"""`make deploy` refuses what the template does not allow before it builds anything."""

from __future__ import annotations

import pytest

from deploy.constraints import refuse_invalid
from deploy.parameters import ALONE, SMALL, defaults, template
from deploy.programs import DeployFailed
from local_dev.repository import ROOT
from tests.deployment.conftest import UP, Account

TEMPLATE = template(ROOT)


def test_every_default_of_the_template_is_allowed() -> None:
    refuse_invalid(TEMPLATE, defaults(ROOT))


def test_what_make_deploy_begins_with_is_allowed() -> None:
    refuse_invalid(TEMPLATE, SMALL | ALONE)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DefaultNetwork", "mars", "DefaultNetwork is “mars”; it must be one of testnet, "),
        ("ForgeLlm", "gpt-4", "ForgeLlm is “gpt-4”; it must be: "),
        ("WorkerCpu", "many", "WorkerCpu is “many”; "),
        ("RunSeconds", "0", "RunSeconds is “0”; it must be a number of 1 or more and of 86400 or less."),
        ("RunSeconds", "soon", "RunSeconds is “soon”; it must be a number"),
        ("RunSeconds", "9" * 400, "RunSeconds is “999"),
        ("RateLimitPerMinute", "1e3", "RateLimitPerMinute is “1e3”; it must be a number"),
        (
            "CorsOrigins",
            "https://a.example/",
            "CorsOrigins is “https://a.example/”; it must be \\*, or origins",
        ),
        ("CorsOrigins", "https://a.example, https://b.example", "CorsOrigins is “https://a.example, "),
        ("CorsOrigins", "https://a.example,", "CorsOrigins is “https://a.example,”; "),
        ("EdgeSecret", "a secret", "EdgeSecret is not allowed; "),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_what_is(name: str, value: str, says: str) -> None:
    with pytest.raises(DeployFailed, match=says.replace("(", "\\(")):
        refuse_invalid(TEMPLATE, {name: value})


def test_several_origins_are_allowed() -> None:
    refuse_invalid(TEMPLATE, {"CorsOrigins": "https://a.example,http://localhost:5173"})


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(DeployFailed, match=r"(?s)WorkerSpot is “maybe”.*LogLevel is “LOUD”"):
        refuse_invalid(TEMPLATE, {"WorkerSpot": "maybe", "RunSeconds": "900", "LogLevel": "LOUD"})


@pytest.mark.processes
def test_nothing_is_built_uploaded_or_kept_for_a_wrong_value(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert account.run("up", "--region", "eu-west-1", "--llm", "gpt-4", "--who", "everybody") == 1
    assert account.run(*UP, "--set", "WorkerSpot=maybe") == 1
    said = capsys.readouterr().err
    assert "ForgeLlm is “gpt-4”" in said
    assert "WorkerSpot is “maybe”; it must be one of true, false" in said
    assert not account.state()["deployments"]
    assert not (account.checkout / ".deploy" / "forge-mcp.json").exists()


@pytest.mark.processes
def test_a_key_that_no_request_can_carry_is_not_stored(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    up = ("up", "--region", "eu-west-1", "--llm", "anthropic:claude-sonnet-4-5", "--who", "everybody")
    assert account.run(*up, ANTHROPIC_API_KEY="ключ") == 1
    assert "ANTHROPIC_API_KEY has a line break or a letter outside of ASCII" in capsys.readouterr().err
    account.run(*up, ANTHROPIC_API_KEY=" sk-1\n")
    assert account.state()["secrets"]["/forge-mcp/AnthropicApiKeyArn"] == "sk-1"

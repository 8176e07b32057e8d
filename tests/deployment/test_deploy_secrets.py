"""`make deploy`: where keys and secrets are kept, and how they are renewed."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.deployment.conftest import UP, Account, Site

pytestmark = pytest.mark.processes


LOGIN = "https://issuer.example forge"


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def test_a_key_is_in_the_account_and_nowhere_else(
    account: Account, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.is_closed = True
    arguments = ("--region", "eu-west-1", "--llm", "anthropic:claude-sonnet-4-5", "--who", LOGIN)
    assert account.run("up", *arguments) == 1  # nobody can be asked for the key
    assert "ANTHROPIC_API_KEY" in capsys.readouterr().err
    account.run("up", ANTHROPIC_API_KEY="sk-secret-value")
    state = account.state()
    assert state["secrets"]["/forge-mcp/AnthropicApiKeyArn"] == "sk-secret-value"
    (given,) = state["deployments"]
    arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/forge-mcp/AnthropicApiKeyArn"
    assert given["AnthropicApiKeyArn"] == arn
    assert (given["AuthIssuer"], given["AuthAudience"]) == ("https://issuer.example", "forge")
    assert given["AllowAnonymous"] == "false"
    kept = (account.checkout / ".deploy" / "forge-mcp.json").read_text()
    for text in (kept, json.dumps(state["calls"])):
        assert "sk-secret-value" not in text
        assert given["EdgeSecret"] not in text


def test_a_login_is_tried_as_a_closed_door(account: Account, site: Site) -> None:
    site.is_closed = True
    assert account.run("up", "--region", "eu-west-1", "--llm", "offline", "--who", LOGIN) == 0
    assert "POST /api/chat" not in site.asked


def test_cloudfronts_secret_is_renewed_without_a_moment_in_which_none_is_accepted(account: Account) -> None:
    account.run(*UP)
    account.run("up", "--new-edge-secret")
    first, accept, show, forget = (
        (given["EdgeSecret"], given["EdgeDigests"]) for given in account.state()["deployments"]
    )
    old, new = first[0], show[0]
    assert old != new
    assert first == (old, digest(old))
    assert accept == (old, f"{digest(new)},{digest(old)}")
    assert show == (new, f"{digest(new)},{digest(old)}")
    assert forget == (new, digest(new))
    assert account.state()["secrets"]["/forge-mcp/edge-secret"] == new


def test_a_new_key_starts_new_workers(account: Account, site: Site) -> None:
    site.is_closed = True
    up = ("up", "--region", "eu-west-1", "--llm", "anthropic:claude", "--who", LOGIN)
    account.run(*up, ANTHROPIC_API_KEY="old")
    assert not account.called("aws", "ecs", "update-service")
    account.run(*up, "--new-key", ANTHROPIC_API_KEY="new")
    assert account.state()["secrets"]["/forge-mcp/AnthropicApiKeyArn"] == "new"
    assert len(account.called("aws", "ecs", "update-service")) == 1

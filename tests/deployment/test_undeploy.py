"""`make undeploy`: what it removes, and what it leaves."""

from __future__ import annotations

import pytest

from tests.deployment.conftest import UP, Account

pytestmark = pytest.mark.processes


def test_undeploy_leaves_nothing(account: Account) -> None:
    account.run(*UP)
    assert account.run("down") == 0
    state = account.state()
    assert (state.get("stack"), state["images"], state["secrets"]) == (None, {}, {})
    assert account.called("aws", "s3", "rm")
    assert not (account.checkout / ".deploy" / "forge-mcp.json").exists()


def test_undeploy_removes_what_a_failed_first_deployment_has_left(account: Account) -> None:
    account.run(*UP)
    account.change(is_rolled_back=True)
    assert account.run("down") == 0
    state = account.state()
    assert (state.get("stack"), state["images"], state["secrets"]) == (None, {}, {})
    assert not account.called("aws", "s3", "rm")


def test_undeploy_that_was_cut_off_goes_on_after_the_stack(account: Account) -> None:
    account.run(*UP)
    account.change(stack=None)
    assert account.run("down", "--region", "eu-west-1") == 0
    assert (account.state()["images"], account.state()["secrets"]) == ({}, {})


def test_undeploy_asks_the_stack_whether_the_table_is_to_be_kept(account: Account) -> None:
    account.run(*UP, "--set", "KeepData=true")
    (account.checkout / ".deploy" / "forge-mcp.json").unlink()
    assert account.run("down", "--region", "eu-west-1") == 0
    assert "--retain-resources" in account.called("aws", "cloudformation", "delete-stack")[-1]


def test_undeploy_leaves_the_table_that_was_to_be_kept(account: Account) -> None:
    account.run(*UP, "--set", "KeepData=true")
    assert account.run("down") == 0
    last = account.called("aws", "cloudformation", "delete-stack")[-1]
    assert last[last.index("--retain-resources") + 1] == "Table"
    assert account.state().get("stack") is None


def test_undeploy_in_another_region_forgets_nothing(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.run(*UP)
    assert account.run("down", "--region", "us-east-1") == 1
    assert "is in eu-west-1, and not in us-east-1" in capsys.readouterr().err
    assert account.state()["stack"]
    assert (account.checkout / ".deploy" / "forge-mcp.json").exists()


@pytest.mark.parametrize(
    "denied", ["cloudformation describe-stacks", "ecr describe-repositories", "ssm get-parameters-by-path"]
)
def test_undeploy_never_calls_gone_what_it_may_not_see(
    account: Account, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    account.run(*UP)
    account.change(denied=[denied])
    assert account.run("down") == 1
    assert "AccessDenied" in capsys.readouterr().err
    assert (account.checkout / ".deploy" / "forge-mcp.json").exists()

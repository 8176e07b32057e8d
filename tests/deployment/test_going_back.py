"""Rolling an installation back: to which commit, and with answers that a newer one has kept."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.deployment.conftest import Account

pytestmark = pytest.mark.processes

UP = ("up", "--region", "eu-west-1", "--llm", "offline", "--who", "everybody")


def test_one_goes_back_to_a_commit_whose_template_lacks_what_was_set_since(account: Account) -> None:
    """The kept answers are those of the newer version; what it knows alone waits there for its return."""
    assert account.run(*UP, "--set", "WorkerSpot=true") == 0
    file = account.checkout / ".deploy" / "forge-mcp.json"
    kept = json.loads(file.read_text())
    kept["parameters"]["OfANewerVersion"] = "1"
    file.write_text(json.dumps(kept))
    assert account.run("up") == 0
    before, after = account.state()["deployments"]
    assert "OfANewerVersion" not in after
    assert after["WorkerSpot"] == before["WorkerSpot"] == "true"
    assert json.loads(file.read_text())["parameters"]["OfANewerVersion"] == "1"
    assert account.run("up", "--set", "Misspelled=1") == 1


def test_who_rolls_back_is_told_what_there_was_before(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    def committed(text: str) -> str:
        (account.checkout / "mcp.json").write_text(text)
        git("add", "mcp.json", "template.yaml")
        git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "change")
        return git("describe", "--always", "--abbrev=12").strip()

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        return subprocess.run(
            command, cwd=account.checkout, check=True, capture_output=True, text=True
        ).stdout

    git("init", "-q")
    first = committed("{}")
    assert account.run(*UP) == 0
    second = committed('{"mcpServers": {}}')
    capsys.readouterr()
    assert account.run("up") == 0
    assert f"deployed commit {second}; before it was {first}" in capsys.readouterr().out
    history = (account.checkout / ".deploy" / "forge-mcp.log").read_text().splitlines()
    assert [line.split()[1] for line in history] == [first, second]
    assert history[-1].split()[2] == account.state()["images"]["forge-mcp-worker"][-1]
    assert account.run("down") == 0
    assert list((account.checkout / ".deploy").iterdir()) == []


def test_answers_that_only_a_newer_version_knows_stay_in_the_file(account: Account) -> None:
    assert account.run(*UP) == 0
    file = account.checkout / ".deploy" / "forge-mcp.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "of_a_newer_version": [1]}))
    assert account.run("up") == 0
    assert json.loads(file.read_text())["of_a_newer_version"] == [1]

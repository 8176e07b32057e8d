"""`make deploy`, with recording programs in place of `aws`, `docker` and `sam`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy.programs import DeployFailed
from deploy.smoke import check
from deploy.stack import lay_out
from tests.deployment.conftest import UP, Account, Site
from tests.template import applied, functions

pytestmark = pytest.mark.processes


def test_an_empty_account_gets_an_installation_that_answers(
    account: Account, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert account.run(*UP) == 0
    state = account.state()
    (given,) = state["deployments"]
    (tag,) = state["images"]["forge-mcp-worker"]
    assert given["WorkerImageUri"].endswith(f"/forge-mcp-worker:{tag}")
    assert (given["ForgeLlm"], given["AllowAnonymous"]) == ("offline", "true")
    assert state["role"]
    assert account.called("aws", "s3", "sync")
    assert account.called("aws", "cloudfront", "create-invalidation")
    assert "POST /api/chat" in site.asked
    assert site.asked[-1] == "DELETE session"
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == f"ready {site.url}"
    assert said[0].startswith("It costs")


def test_the_page_goes_up_before_what_names_it_and_earlier_versions_stay(
    account: Account, tmp_path: Path
) -> None:
    assert account.run(*UP) == 0
    new, rest = (call for call in account.called("aws", "s3", "sync"))
    assert new[-2:] == ["--exclude", "index.html"]
    assert "--delete" in rest
    assert rest[-2:] == ["--exclude", "v-*"]


def test_the_bucket_holds_the_page_under_its_version_and_under_its_own_names(
    account: Account, tmp_path: Path
) -> None:
    version = lay_out(account.checkout / "frontend", tmp_path / "bucket")
    held = {
        str(path.relative_to(tmp_path / "bucket"))
        for path in (tmp_path / "bucket").rglob("*")
        if path.is_file()
    }
    assert held == {"index.html", "page/main.js", f"v-{version}/page/main.js", f"v-{version}/style/all.css"}
    assert f'src="v-{version}/page/main.js"' in (tmp_path / "bucket" / "index.html").read_text()
    (account.checkout / "frontend" / "page" / "main.js").write_text("// changed")
    assert lay_out(account.checkout / "frontend", tmp_path / "next") != version


def test_repositories_never_change_what_a_tag_means(account: Account) -> None:
    account.run(*UP)
    (call,) = account.called("aws", "ecr", "create-repository")
    assert call[call.index("--image-tag-mutability") + 1] == "IMMUTABLE"


def test_the_same_command_again_asks_nothing_and_takes_nothing_away(account: Account) -> None:
    account.run(*UP, "--set", "RateLimitBurst=3")
    assert account.run("up") == 0
    first, second = account.state()["deployments"]
    assert second == first
    assert first["RateLimitBurst"] == "3"
    assert (
        len(account.called("docker", "push")) == len(account.called("aws", "ecr", "create-repository")) == 1
    )


def test_another_computer_without_the_answers_keeps_what_is_deployed(account: Account) -> None:
    account.run(
        *UP,
        "--set",
        "WorkerCpu=512",
        "--set",
        "WorkerMemory=1024",
        "--set",
        "WorkerCountMax=9",
        "--set",
        "TestChain=false",
    )
    (account.checkout / ".deploy" / "forge-mcp.json").unlink()
    assert account.run(*UP) == 0
    first, second = account.state()["deployments"]
    assert second == first


def test_another_computer_is_asked_for_the_region_only(
    account: Account, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enter at the other questions would have taken the login away, and the LLM."""
    site.is_closed = True
    login = ("--llm", "openai:gpt", "--who", "https://login.example my-api")
    assert account.run("up", "--region", "eu-west-1", *login, OPENAI_API_KEY="k") == 0
    (account.checkout / ".deploy" / "forge-mcp.json").unlink()
    asked: list[str] = []
    monkeypatch.setattr("deploy.__main__._ask", lambda what, _: asked.append(what) or "eu-west-1")
    assert account.run("up", "--new-key", OPENAI_API_KEY="new") == 0
    assert asked == ["AWS region"]
    first, second = account.state()["deployments"]
    assert second == first
    assert (second["AuthIssuer"], second["AllowAnonymous"]) == ("https://login.example", "false")


def test_another_computer_needs_no_key_that_is_in_a_place_of_the_operators(account: Account) -> None:
    place = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mine"
    given = ("--region", "eu-west-1")
    chosen = ("--llm", "openai:gpt", "--who", "everybody", "--set", f"OpenaiApiKeyArn={place}")
    assert account.run("up", *given, *chosen) == 0
    (account.checkout / ".deploy" / "forge-mcp.json").unlink()
    assert account.run("up", *given) == 0
    first, second = account.state()["deployments"]
    assert second == first
    assert second["OpenaiApiKeyArn"] == place


def test_a_changed_worker_is_another_image_and_the_old_one_stays(account: Account) -> None:
    account.run(*UP)
    (account.checkout / "worker" / "new.py").write_text("")
    account.run("up")
    (account.checkout / "worker" / "new.py").unlink()
    account.run("up")  # rolled back
    tags = account.state()["images"]["forge-mcp-worker"]
    used = [given["WorkerImageUri"].rpartition(":")[2] for given in account.state()["deployments"]]
    assert used == [tags[0], tags[1], tags[0]]
    assert len(account.called("docker", "build")) == 2


@pytest.mark.parametrize(
    ("llm", "profiles", "arns"),
    [
        ("bedrock:amazon.nova", {}, "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova"),
        (
            "bedrock:us.x",
            {"us.x": {"inferenceProfileArn": "P", "models": [{"modelArn": "A"}, {"modelArn": "B"}]}},
            "P,A,B",
        ),
    ],
)
def test_a_bedrock_profile_is_allowed_with_each_of_its_models(
    account: Account, llm: str, profiles: dict[str, Any], arns: str
) -> None:
    account.change(profiles=profiles)
    account.run("up", "--region", "eu-west-1", "--llm", llm, "--who", "everybody")
    assert account.state()["deployments"][0]["BedrockModelArns"] == arns


@pytest.mark.parametrize(("quota", "limit"), [(10, "0"), (200, "0"), (400, "100"), (1000, "250")])
def test_streams_get_a_share_of_the_accounts_concurrency_that_lambda_allows(
    account: Account, quota: int, limit: str
) -> None:
    account.change(concurrency=quota)
    account.run(*UP)
    assert account.state()["deployments"][0]["StreamConcurrency"] == limit


@pytest.mark.parametrize("quota", [400, 1_000, 10_000])
def test_a_thousand_event_streams_leave_the_other_functions_most_of_the_concurrency(
    account: Account, quota: int
) -> None:
    """Lambda lets a function have what is reserved for it, and no more; each open stream holds one execution."""
    account.change(concurrency=quota)
    account.run(*UP)
    chosen = account.state()["deployments"][0]["StreamConcurrency"]
    (reserved,) = applied(StreamConcurrency=chosen).resolve(
        [functions()["ChatStream"]["ReservedConcurrentExecutions"]]
    )
    held = min(1_000, int(reserved))
    assert quota - held >= 3 * quota // 4


def test_a_layer_without_bytecode_is_compiled_by_a_container(account: Account) -> None:
    account.change(python313=False)
    assert account.run(*UP) == 0
    (call,) = account.called("docker", "run")
    assert call[-1] == "/layer"


def test_the_first_sentence_of_the_readme_works_where_no_network_is_named(account: Account) -> None:
    account.run(*UP)
    (given,) = account.state()["deployments"]
    assert (given["TestChain"], given["WorkerCountMax"]) == ("true", "1")
    (build,) = account.called("docker", "build")
    assert "WITH_CHAIN=1" in build


def test_a_network_that_is_named_needs_no_test_chain(account: Account) -> None:
    account.run(*UP, "--set", "MainnetRpcUrlArn=arn:aws:ssm:x", "--set", "DefaultNetwork=mainnet")
    (given,) = account.state()["deployments"]
    assert "TestChain" not in given


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("up",), "Nobody can be asked"),
        ((*UP, "--set", "NoSuchParameter=1"), "NoSuchParameter"),
        ((*UP, "--set", "WorkerCpu"), "NAME=VALUE"),
        (("up", "--region", "eu-west-1", "--llm", "offline", "--who", "https://issuer.example"), "audience"),
        (("up", "--region", "eu-west-1", "--llm", "offline", "--who", "me"), "everybody"),
        (("down",), "region"),
        (("down", "--region", "eu-west-1"), "There is nothing of forge-mcp in eu-west-1"),
        ((*UP, "--set", "WorkerCountMax=4"), "TestChain=true wants WorkerCountMax=1"),
        ((*UP, "--set", "WorkerCpu=512"), "WorkerCpu=512 with a WorkerMemory of 1024 to 4096"),
        ((*UP, "--set", "WorkerCountMin=2"), "WorkerCountMin must not be more than WorkerCountMax"),
        ((*UP, "--set", "MainnetRpcUrlArn=https://node.example/key"), "must be the ARN"),
        ((*UP, "--stack", "Prod"), "“Prod” cannot be a stack's name"),
        ((*UP, "--stack", "a" * 31), "cannot be a stack's name"),
        ((*UP, "--stack", "../x"), "cannot be a stack's name"),
        ((*UP, "--stack", "aws-chat"), "cannot be a stack's name"),
        (("down", "--stack", "a--b", "--region", "eu-west-1"), "cannot be a stack's name"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_changes(
    account: Account, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert account.run(*arguments) == 1
    assert said in capsys.readouterr().err
    assert account.state()["deployments"] == []
    assert account.state()["secrets"] == {}


def test_a_deployment_that_does_not_work_is_said_to(site: Site) -> None:
    site.is_closed = True
    with pytest.raises(DeployFailed, match="does not work"):
        check(site.url, has_login=False, say=print, patience=0, pause=0)


def test_a_value_that_the_account_refuses_is_not_kept(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise DeployFailed("refused")

    account.run(*UP)
    with monkeypatch.context() as refusing:
        refusing.setattr("deploy.stack.deploy", refuse)
        assert account.run(*UP, "--set", "WorkerCountMax=0") == 1
    assert account.run(*UP) == 0
    assert account.state()["deployments"][-1].get("WorkerCountMax") != "0"


@pytest.mark.parametrize(
    "denied", ["cloudformation describe-stacks", "ssm get-parameter", "ecr describe-images", "iam get-role"]
)
def test_what_may_not_be_seen_is_not_made_anew(
    account: Account, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An installation that could not be seen was deployed as a new one: with the first size, and another secret."""
    account.run(*UP, "--set", "RateLimitBurst=3")
    before = account.state()
    account.change(denied=[denied])
    assert account.run("up") == 1
    after = account.state()
    assert "AccessDenied" in capsys.readouterr().err
    assert (after["deployments"], after["secrets"]) == (before["deployments"], before["secrets"])


def test_a_second_region_is_another_installation(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.run(*UP)
    assert account.run("up", "--region", "us-east-1") == 1
    assert "STACK=name" in capsys.readouterr().err
    assert len(account.state()["deployments"]) == 1
    assert '"eu-west-1"' in (account.checkout / ".deploy" / "forge-mcp.json").read_text()


def test_ctrl_c_and_the_end_of_the_input_end_with_a_sentence(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for end in (KeyboardInterrupt, EOFError):

        def ask(*_: str, end: type[BaseException] = end) -> str:
            raise end

        monkeypatch.setattr("deploy.__main__._ask", ask)
        assert account.run("up") == 130
        assert "Run the same command again" in capsys.readouterr().err

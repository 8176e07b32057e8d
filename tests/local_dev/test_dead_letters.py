"""`make dead-letters` finds a deployed stack by its name, and the local one by its description file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from forge.models.ids import new_run_id
from forge.models.run import Ending, RunMessage, Submission
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.queue import SqsRunQueue
from forge.settings import Settings
from forge.store import open_store, system_clock
from local_dev.dead_letters import TOOL as DEAD_LETTERS
from local_dev.exit_statuses import INTERRUPTED
from local_dev.home import write_description
from local_dev.mcp_pins import TOOL as MCP_PINS
from local_dev.operator_tool import CANNOT_LOOK, NOTHING_RUNS, OUTPUTS, REFUSED, Tool
from tests.schema import QUEUE_ATTRIBUTES, TABLE_NAME
from worker.operator_commands.dead_letters import NOTHING

STACK = "forge-night"


@pytest.fixture
def urls(sqs: Any, queue_url: str) -> dict[str, str]:
    dead = sqs.create_queue(QueueName="dead.fifo", Attributes=QUEUE_ATTRIBUTES)["QueueUrl"]
    return {"FORGE_TABLE": TABLE_NAME, "FORGE_QUEUE_URL": queue_url, "FORGE_DEAD_LETTER_URL": dead}


@pytest.fixture
def given_up(settings: Settings, dynamodb: Any, sqs: Any, urls: dict[str, str]) -> str:
    """A run that failed; the program goes by the computer's clock, so this does."""
    store = open_store(settings, system_clock, dynamodb)
    key, run_id = SessionKey(ANONYMOUS, "s1"), new_run_id()
    session = store.inbox.accept(key, Submission(run_id=run_id, content="pay Bob", created_at=system_clock()))
    message = RunMessage(owner=key.owner, session_id="s1", generation=session.generation, run_id=run_id)
    store.runs.finish(store.runs.claim(message, "worker"), Ending(outcome="failed"))
    SqsRunQueue(sqs, urls["FORGE_DEAD_LETTER_URL"]).send(message)
    return run_id


def deploy(outputs: dict[str, str]) -> None:
    """A stack that has nothing but these outputs, beside one queue that it needs to be a stack."""
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))


def run(
    *arguments: str, file: Path = Path("nowhere"), tool: Tool = DEAD_LETTERS, **environment: str
) -> tuple[int, str]:
    said: list[str] = []
    return tool.main(arguments, environment, said.append, file), "\n".join(said)


@pytest.mark.slow
def test_a_deployed_stack_is_looked_at_by_its_name_alone(given_up: str, urls: dict[str, str]) -> None:
    deploy({OUTPUTS[variable]: value for variable, value in urls.items()})
    code, said = run("--stack", STACK)
    assert (code, said.split()[0]) == (0, given_up)
    code, said = run("--stack", STACK, "show", given_up)
    assert code == 0
    assert "pay Bob" in said
    code, said = run("--stack", STACK, "requeue", given_up)
    assert code == 0
    assert "accepted once more" in said
    assert run("--stack", STACK) == (0, NOTHING)
    assert run("--stack", STACK, "requeue", "all") == (0, NOTHING)


def test_letters_that_another_command_holds_are_left(given_up: str, urls: dict[str, str], sqs: Any) -> None:
    SqsRunQueue(sqs, urls["FORGE_DEAD_LETTER_URL"]).receive_all(10, 0)
    said: list[str] = []
    assert DEAD_LETTERS.main(["requeue", "all"], urls, said.append, Path("nowhere")) == REFUSED
    assert [said[0], said[1].split(":")[0]] == [
        "0 letters removed, 0 left.",
        "The queue still counts 1 more letter",
    ]


def test_the_application_of_this_computer_is_found_by_its_file(
    given_up: str, urls: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps({"environment": urls}))
    assert run("list", file=file)[1].startswith(given_up)


@pytest.mark.parametrize("content", [None, "", "{}", "[]"])
@pytest.mark.parametrize("tool", [DEAD_LETTERS, MCP_PINS], ids=lambda tool: tool.target)
def test_nothing_that_runs_here_is_said_with_what_to_do(
    tmp_path: Path, content: str | None, tool: Tool
) -> None:
    file = tmp_path / "stack.json"
    if content is not None:
        file.write_text(content)
    code, said = run(file=file, tool=tool)
    assert code == CANNOT_LOOK
    assert f"make {tool.target} STACK=name" in said


def test_the_file_of_an_application_that_has_ended_is_not_believed(
    urls: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "stack.json"
    assert write_description(file, {"environment": urls})
    assert run("list", file=file)[0] == 0
    described = json.loads(file.read_text())
    file.write_text(json.dumps({**described, "owner": {**described["owner"], "started": "long ago"}}))
    code, said = run("list", file=file)
    assert (code, said.startswith(NOTHING_RUNS)) == (CANNOT_LOOK, True)


def test_pins_are_listed_by_the_same_way(table: str, urls: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps({"environment": urls}))
    assert run("list", file=file, tool=MCP_PINS) == (0, "No tool of an external server waits.")


@pytest.mark.slow
def test_a_stack_that_is_not_there_or_is_another_is_named(aws: None) -> None:
    code, said = run("--stack", "no-such-stack")
    assert (code, "in us-east-1" in said) == (CANNOT_LOOK, True)
    deploy({"TableName": "t"})
    code, said = run("--stack", STACK)
    assert code == CANNOT_LOOK
    assert "DeadLetterQueueUrl, QueueUrl" in said


@pytest.mark.slow
def test_the_region_of_either_variable_is_the_one_that_is_looked_in(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy({"TableName": "t"})
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION")
    assert "AWS_REGION names one" in run("--stack", STACK)[1]
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        said: list[str] = []
        DEAD_LETTERS.main(["--stack", STACK], {variable: "us-east-1"}, said.append, Path("nowhere"))
        assert "DeadLetterQueueUrl, QueueUrl" in said[0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"FORGE_DEAD_LETTER_URL": "http://127.0.0.1:1/queue/none.fifo"}, "NonExistentQueue"),
        ({"FORGE_TABLE": "none"}, "ResourceNotFoundException"),
    ],
)
def test_what_is_not_there_is_told_in_the_words_of_aws(
    given_up: str, urls: dict[str, str], wrong: dict[str, str], says: str
) -> None:
    said: list[str] = []
    assert DEAD_LETTERS.main([], urls | wrong, said.append, Path("nowhere")) == REFUSED
    assert says in said[0]


@pytest.mark.parametrize("tool", [DEAD_LETTERS, MCP_PINS], ids=lambda tool: tool.target)
@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied", "Message": "may not sqs:ReceiveMessage"}}, "Receive"),
        NoCredentialsError(),
    ],
    ids=["denied", "no credentials"],
)
def test_a_missing_permission_is_told_without_a_traceback(tool: Tool, error: Exception) -> None:
    def refuse(*_: Any) -> int:
        raise error

    code, said = run(tool=replace(tool, run=refuse), FORGE_TABLE="t")
    assert (code, str(error) in said) == (REFUSED, True)


def test_an_interrupted_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setenv("FORGE_TABLE", "t")
    monkeypatch.setattr("sys.argv", ["dead-letters"])
    with pytest.raises(SystemExit) as end:
        replace(DEAD_LETTERS, run=interrupt).start()
    said = "\nInterrupted. The same command can be run again.\n"
    assert (end.value.code, capsys.readouterr().err) == (INTERRUPTED, said)


def test_a_variable_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKEND_PORT", "abc")
    with pytest.raises(SystemExit, match=r"^BACKEND_PORT is abc: "):
        DEAD_LETTERS.start()

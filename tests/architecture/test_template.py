"""`template.yaml` compared with the code: every wired part exists, and every part is wired."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest

from forge.api.entry import cors
from forge.models.timing import VISIBILITY_SECONDS
from forge.settings import Settings
from local_dev.openapi import handlers
from tests.deployed.recorder import BATCHES
from tests.schema import QUEUE_ATTRIBUTES, TABLE
from tests.template import (
    ROOT,
    HttpRoute,
    folder_of,
    functions,
    http_routes,
    resources,
    socket_routes,
    template,
    variables,
    worker_variables,
)
from worker.ethereum.known_networks import KNOWN_NETWORKS
from worker.settings import WorkerSettings

FOLDERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))


def statements() -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, statement)
        for name, properties in functions().items()
        for policy in properties.get("Policies", [])
        for statement in policy["Statement"]
    ]


def test_each_function_is_a_folder_and_each_folder_a_function() -> None:
    named = {folder_of(name) for name in functions()}
    assert not named - set(FOLDERS), f"add functions/<folder>/handler.py for {named - set(FOLDERS)}"
    assert not set(FOLDERS) - named, f"add a function to template.yaml for {set(FOLDERS) - named}"
    assert len(functions()) == len(FOLDERS), "two functions of template.yaml share a folder"


@pytest.mark.parametrize("name", functions())
def test_a_function_is_named_as_its_folder(name: str) -> None:
    assert re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower() == folder_of(name)


def test_each_function_has_a_way_in() -> None:
    called = {
        folder_of(name) for name, it in functions().items() if "Events" in it or "FunctionUrlConfig" in it
    }
    ways = called | set(socket_routes().values())
    assert ways == set(FOLDERS), f"add a route or an event to template.yaml for {set(FOLDERS) - ways}"


def test_the_routes_of_the_template_are_the_routes_of_the_handlers() -> None:
    """A function with a URL of its own has no route in the template."""
    behind_urls = {
        folder_of(name) for name, function in functions().items() if "FunctionUrlConfig" in function
    }
    served = {
        HttpRoute(method, route.path, folder)
        for folder, handler in handlers()
        for route in handler.router.routes
        for method in route.methods
    }
    assert {route for route in served if route.folder not in behind_urls} == set(http_routes())


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_handler_is_short_and_leaves_the_work_to_the_layer(folder: str) -> None:
    source = (ROOT / "functions" / folder / "handler.py").read_text()
    assert len(source.splitlines()) <= 60
    assert not re.search(r"\b(boto3|botocore|os\.environ|try:)", source)


def test_every_setting_is_a_variable_of_the_template() -> None:
    names = {name.upper() for name in Settings.model_fields}
    given = set(worker_variables())
    unset = names - set(variables()) - given
    assert not unset, f"add {unset} to template.yaml, Globals, Environment (or to the worker's container)"
    unread = {name for name in variables() if not name.startswith("POWERTOOLS_")} - names
    assert not unread, f"add fields for {unread} to forge/settings.py, or remove them from template.yaml"


OF_A_LAPTOP = {"LOG_ERROR_TEXTS", "OTHER_WORKERS_SINCE", "WORKER_METRICS", "WORKER_STARTED_AT"}
"""Settings of the worker that only `make run` and tests set."""
READ_BY_LIBRARIES = ("FASTMCP_", "OTEL_", "POWERTOOLS_")


def test_every_setting_of_the_worker_can_be_set_in_aws_and_every_variable_is_read() -> None:
    fields, given = {name.upper() for name in WorkerSettings.model_fields}, set(worker_variables())
    unset = fields - given - {name.upper() for name in Settings.model_fields} - OF_A_LAPTOP
    assert not unset, f"add {unset} to template.yaml, TaskDefinition, Environment, from a parameter each"
    code = "".join(path.read_text() for path in (ROOT / "worker").rglob("*.py"))
    unread = {
        name for name in given - fields if f'"{name}"' not in code and not name.startswith(READ_BY_LIBRARIES)
    }
    assert not unread, f"add fields for {unread} to worker/settings.py, or remove them from template.yaml"


@pytest.mark.parametrize(("name", "statement"), statements())
def test_a_policy_names_its_actions_and_one_resource(name: str, statement: dict[str, Any]) -> None:
    assert statement["Effect"] == "Allow"
    assert not any("*" in action for action in statement["Action"])
    resource = statement["Resource"]
    assert isinstance(resource, dict)
    (text,) = resource.values()
    assert "*" not in str(text) or "/@connections/*" in text


def test_no_secret_is_a_variable() -> None:
    for name in variables() | worker_variables():
        assert not re.search(r"KEY|SECRET|PASSWORD|RPC_URL", name)


def test_every_log_group_ends_and_every_log_goes_to_one() -> None:
    groups = resources("AWS::Logs::LogGroup")
    assert all(
        group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values()
    )
    assert template()["Globals"]["Function"]["LoggingConfig"]["LogGroup"] == {"Ref": "FunctionLogs"}


def test_the_tests_table_and_queue_are_the_templates() -> None:
    table = resources("AWS::DynamoDB::Table")["Table"]["Properties"]
    for name in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"):
        assert table[name] == TABLE[name]
    queue = resources("AWS::SQS::Queue")["Queue"]["Properties"]
    for name, value in QUEUE_ATTRIBUTES.items():
        assert str(queue[name]).lower() == value


def test_a_message_is_hidden_for_the_time_that_the_worker_counts_on() -> None:
    queue = resources("AWS::SQS::Queue")["Queue"]["Properties"]
    assert queue["VisibilityTimeout"] == VISIBILITY_SECONDS
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 20


def test_the_stream_wakes_expire_session_for_hot_items_only() -> None:
    event = functions()["ExpireSession"]["Events"]["Removed"]["Properties"]
    (pattern,) = event["FilterCriteria"]["Filters"]
    assert '"REMOVE"' in pattern["Pattern"]
    assert '"sk": {"S": ["session"]}' in pattern["Pattern"]
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_layer_ships_the_stream_server() -> None:
    assert "uvicorn==" in (ROOT / "requirements" / "layer.txt").read_text()
    assert "uvicorn handler:app" in (ROOT / "functions" / "chat_stream" / "run.sh").read_text()


@pytest.mark.slow
def test_sqs_has_no_permission_of_its_own_for_a_batch() -> None:
    """By AWS's own list of actions, which cfn-lint brings: the emulator asks for what nobody can grant."""
    known = json.loads((files("cfnlint.data.AdditionalSpecs") / "Policies.json").read_text())["sqs"]
    actions = set(known.get("Actions", known))
    assert {single.partition(":")[2].lower() for single in BATCHES.values()} <= actions
    assert not {batch.partition(":")[2].lower() for batch in BATCHES} & actions
    assert [action for action in actions if action.endswith("batch")] == []


def test_nothing_in_the_worker_s_task_may_write_its_disk_or_is_root() -> None:
    [task] = resources("AWS::ECS::TaskDefinition").values()
    defined = task["Properties"]["ContainerDefinitions"]
    containers = [each for each in defined if "Name" in each]
    optional = [each["Fn::If"][1] for each in defined if "Fn::If" in each]
    assert {each["Name"] for each in containers} == {"worker"}
    for container in (*containers, *optional):
        assert container["ReadonlyRootFilesystem"] is True
        assert container["Image"] == {"Ref": "WorkerImageUri"}
        assert not {"User", "Privileged"} & set(container)
    users = re.findall(r"^USER (.+)$", (ROOT / "worker" / "Dockerfile").read_text(), re.MULTILINE)
    assert users == ["worker"]


def test_the_network_of_a_new_session_is_one_that_the_worker_knows() -> None:
    allowed = template()["Parameters"]["DefaultNetwork"]["AllowedValues"]
    known = [info.name for info in KNOWN_NETWORKS]
    assert allowed == known, f"template.yaml, DefaultNetwork, AllowedValues: write {known}"


def of_settings() -> dict[str, dict[str, Any]]:
    """Numbers of the template that are fields of the settings, by field."""
    numbers = {n: p for n, p in template()["Parameters"].items() if p["Type"] == "Number"}
    named = {re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower(): number for name, number in numbers.items()}
    return {name: number for name, number in named.items() if name in WorkerSettings.model_fields}


@pytest.mark.parametrize("name", of_settings())
def test_every_number_that_the_template_takes_is_one_that_the_program_takes(name: str) -> None:
    """A function or worker with a setting that it refuses does not start, and nobody is answered."""
    number = of_settings()[name]
    for value in (number["MinValue"], number["MaxValue"], number["Default"]):
        environment = {"FORGE_TABLE": "any", name.upper(): str(value)}
        assert getattr(WorkerSettings.from_environment(environment), name) == value


def test_api_gateway_and_the_functions_let_pages_on_other_hosts_do_the_same() -> None:
    (api,) = resources("AWS::Serverless::HttpApi").values()
    allowed = api["Properties"]["CorsConfiguration"]
    assert set(allowed["AllowMethods"]) == {*cors.METHODS, "OPTIONS"}
    assert set(allowed["AllowHeaders"]) == {name.lower() for name in cors.ACCEPTED}
    assert set(allowed["ExposeHeaders"]) == {name.lower() for name in cors.EXPOSED}

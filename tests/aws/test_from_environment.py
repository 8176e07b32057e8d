"""What the environment alone says is what botocore says, or is left to botocore."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from forge.aws import client, credentials
from forge.aws.from_environment import EnvironmentCredentials, credentials_of, endpoint_of
from forge.aws.json_client import JsonClient
from forge.aws.services import SERVICES

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
def test_the_endpoint_of_each_region_is_botocores_or_left_to_it(service: str) -> None:
    session: Any = Session()
    answered: set[str] = set()
    for partition in session.get_available_partitions():
        for region in session.get_available_regions(service, partition):
            if (url := endpoint_of(service, region, KEYS)) is not None:
                made = session.create_client(
                    service, region, aws_access_key_id="k", aws_secret_access_key="s"
                )
                assert url == made.meta.endpoint_url
                answered.add(region)
    assert {"us-east-1", "eu-central-1", "ap-southeast-2"} <= answered
    assert not answered & {"cn-north-1", "us-iso-east-1"}


@pytest.mark.parametrize("region", ["nowhere", "us-gov-west-1", "us-east-1.evil.example/", ""])
def test_a_region_that_is_not_usual_is_left_to_botocore(region: str) -> None:
    assert endpoint_of("sqs", region, KEYS) is None


@pytest.mark.parametrize(
    ("named", "url"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_SQS": "http://b"}, "http://b"),
    ],
)
def test_the_environment_may_name_an_endpoint(named: dict[str, str], url: str) -> None:
    assert endpoint_of("sqs", "us-east-1", KEYS | named) == url


@pytest.mark.parametrize("token", [None, "", "token"])
def test_the_credentials_are_those_of_botocore(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = KEYS if token is None else {**KEYS, "AWS_SESSION_TOKEN": token}
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ours, theirs = credentials_of(environment), Session().get_credentials()
    assert ours is not None
    assert theirs is not None
    frozen = theirs.get_frozen_credentials()
    mine = ours.get_frozen_credentials()
    assert (mine.access_key, mine.secret_key, mine.token) == (
        frozen.access_key,
        frozen.secret_key,
        frozen.token or None,
    )


@pytest.mark.parametrize(
    "unusual",
    [
        {"AWS_PROFILE": "work"},
        {"AWS_DEFAULT_PROFILE": "work"},
        {"AWS_CREDENTIAL_EXPIRATION": "2026-11-26T20:00:00Z"},
        {"AWS_SECURITY_TOKEN": "old"},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"https_proxy": "http://127.0.0.1:3128"},
        {"HTTP_PROXY": "http://127.0.0.1:3128"},
        {"AWS_CONFIG_FILE": __file__},
        {"AWS_SHARED_CREDENTIALS_FILE": __file__},
    ],
    ids=str,
)
def test_what_is_unusual_is_left_to_botocore(unusual: dict[str, str]) -> None:
    environment = KEYS | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    assert credentials_of(environment)
    assert endpoint_of("sqs", "us-east-1", environment)
    assert credentials_of(environment | unusual) is None
    assert endpoint_of("sqs", "us-east-1", environment | unusual) is None


def test_a_usual_file_is_left_to_botocore(tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").touch()
    assert credentials_of(KEYS) is None


def test_a_user_without_a_folder_has_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert credentials_of(KEYS)


@pytest.mark.parametrize("name", KEYS)
def test_half_a_key_is_none(name: str) -> None:
    assert credentials_of({each: value for each, value in KEYS.items() if each != name}) is None


def test_a_client_is_made_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**KEYS, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}.items():
        monkeypatch.setenv(name, value)
    made = client("dynamodb")
    assert isinstance(made, JsonClient)
    assert (made.url, made.region) == ("http://127.0.0.1:1", "us-east-1")
    assert credentials() == EnvironmentCredentials("key", "secret", None)
    assert "secret" not in repr(credentials())


@pytest.mark.processes
def test_neither_a_function_nor_the_worker_nor_the_gateway_imports_botocores_session(tmp_path: Path) -> None:
    environment = {
        **KEYS,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "HOME": str(tmp_path),
    }
    environment |= {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "FORGE_TABLE": "Table"}
    environment |= {"FORGE_QUEUE_URL": "http://127.0.0.1:9/queue.fifo"}
    for module in ("functions.chat.handler", "worker.program", "local_dev.gateway_process"):
        program = (
            f"import sys, {module}; print([n for n in sys.modules if n in ('botocore.session', 'boto3')])"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
        )
        assert done.stdout.strip() == "[]", module

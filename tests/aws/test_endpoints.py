"""How a service's endpoint is found, by the environment or as botocore knows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from forge.aws.endpoints import plain_endpoint
from forge.aws.services import SERVICES


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_USE_FIPS_ENDPOINT", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
def test_the_address_in_each_region_is_botocores(service: str) -> None:
    session: Any = Session()
    partitions = session.get_available_partitions()
    regions = {each for name in partitions for each in session.get_available_regions(service, name)}
    assert len(regions) > 30
    some = {min(session.get_available_regions(service, name)) for name in partitions}
    for region in some | {"eu-central-1", "us-east-1", "cn-north-1", "us-gov-west-1"}:
        client = session.create_client(service, region, aws_access_key_id="k", aws_secret_access_key="s")
        assert plain_endpoint(session, service, region, {}) == client.meta.endpoint_url


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_SQS": "http://b"}, "http://b"),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "http://c"}, "https://sqs.us-east-1.amazonaws.com"),
    ],
)
def test_the_environment_may_name_an_address(environment: dict[str, str], address: str) -> None:
    assert plain_endpoint(Session(), "sqs", "us-east-1", environment) == address


@pytest.mark.parametrize("host", ["127.0.0.1:1", "127.94.7.3:1", "[::1]:1", "localhost:1"])
def test_an_address_of_this_computer_is_behind_no_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    environment = {"AWS_ENDPOINT_URL": f"http://{host}"}
    assert plain_endpoint(Session(), "dynamodb", "us-east-1", environment) == f"http://{host}"
    elsewhere = {"AWS_ENDPOINT_URL": "http://table.example"}
    assert plain_endpoint(Session(), "dynamodb", "us-east-1", elsewhere) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ("HTTPS_PROXY", "http://127.0.0.1:3128"),
    ],
)
def test_what_is_unusual_is_left_to_botocore(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert plain_endpoint(Session(), "dynamodb", "us-east-1", {}) is None


@pytest.mark.parametrize("line", ["endpoint_url = http://127.0.0.1:1", "services = mine"])
def test_a_profile_with_addresses_is_left_to_botocore(line: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"[default]\n{line}\n")
    assert plain_endpoint(Session(), "dynamodb", "us-east-1", {}) is None


def test_a_region_that_nobody_knows_is_left_to_botocore() -> None:
    assert plain_endpoint(Session(), "dynamodb", "nowhere", {}) is None

"""Fixtures for every test: AWS is moto in this process, and nothing but this machine can be reached."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from forge.settings import Settings
from forge.store import Store, open_store
from tests.schema import QUEUE_ATTRIBUTES, TABLE_NAME, create_table

T0 = 1_800_000_000_000
REGION = "us-east-1"


class Clock:
    """Epoch milliseconds that move only when a test says so."""

    def __init__(self, now: int = T0) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only loopback and local sockets: a test that reaches out fails."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(address: Any) -> Any:
        if isinstance(address, tuple) and not _is_local(str(address[0])):
            raise AssertionError(f"a test tried to reach {address[0]}")
        return address

    monkeypatch.setattr(socket.socket, "connect", lambda self, to: connect(self, checked(to)))
    monkeypatch.setattr(socket.socket, "connect_ex", lambda self, to: connect_ex(self, checked(to)))


def _is_local(host: str) -> bool:
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """moto, in this process, with credentials that are worth nothing."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(aws: None) -> Any:
    """A client whose calls are atomic, as DynamoDB's are: moto's alone are not."""
    return one_at_a_time(boto3.client("dynamodb", region_name=REGION))


@pytest.fixture
def table(dynamodb: Any) -> str:
    """The name of an empty table."""
    create_table(dynamodb)
    return TABLE_NAME


@pytest.fixture
def sqs(aws: None) -> Any:
    return boto3.client("sqs", region_name=REGION)


@pytest.fixture
def queue_url(sqs: Any) -> str:
    return sqs.create_queue(QueueName="runs.fifo", Attributes=QUEUE_ATTRIBUTES)["QueueUrl"]


@pytest.fixture
def settings(table: str) -> Settings:
    return Settings(forge_table=table)


@pytest.fixture
def store(settings: Settings, clock: Clock, dynamodb: Any) -> Store:
    """Every store port over moto, on the test's clock."""
    return open_store(settings, clock, dynamodb)


def one_at_a_time(client: Any) -> Any:
    """moto works on shared objects without a lock, and undoes a transaction by putting the whole table back."""
    lock, call = threading.Lock(), client._make_api_call

    def locked(operation: str, parameters: dict[str, Any]) -> Any:
        with lock:
            return call(operation, parameters)

    client._make_api_call = locked
    return client

"""Fixtures for every test: AWS is moto in this process (and a table of dynoxide's), and no other computer can be
reached.
"""

from __future__ import annotations

import functools
import gc
import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import httpx
import httpx2
import hypothesis
import pytest
from botocore.retries.standard import ExponentialBackoff
from moto import mock_aws
from moto.core.models import RESPONSES_METHODS

from forge.settings import Settings
from forge.store import Store, open_store
from tests import unlisted
from tests.clock import Clock
from tests.emulator import Emulator, running_emulator
from tests.moto_speed import work_once
from tests.moto_transactions import keep_named_items_only
from tests.own_client import MotoPosts, through_ours
from tests.properties import FAST, SAMPLE, SEARCH
from tests.scheduling import ByFolder
from tests.schema import QUEUE_ATTRIBUTES, TABLE_NAME, create_table

gc.disable()  # until all tests are imported, which makes no garbage
os.environ["FASTMCP_ENABLE_RICH_LOGGING"] = "false"  # logging an error in colours, with its code, takes 8 ms
RESPONSES_METHODS.clear()  # moto answers botocore; to take over `requests` too costs more than a test's table

TESTS = Path(__file__).parent
REGION = "us-east-1"
LONG_PARTS = ("end_to_end", "faults", "frontend")
TRIED_AGAIN = ("browser", "end_to_end")
MARKS = {"anvil": "chain", "other_anvil": "chain", "open_page": "browser"}
"""What a test that uses a fixture needs."""
ON_MOTO = (
    "api/test_damaged_items.py",
    "api/test_waiting.py",
    "cost",
    "mcp_servers/external/test_tool_pins.py",
    "store/test_accept.py",
    "store/test_approval_claims.py",
    "store/test_claim.py",
    "store/test_expire.py",
    "store/test_runs.py",
    "store/test_sessions.py",
    "store/test_state_machine.py",
    "store/test_table.py",
    "store/test_ticket_items.py",
    "test_moto_transactions.py",
)
"""Tests that keep moto in `make test`: they use every part of the store, so that two emulators agree on what is
written. The others' table is dynoxide's, which takes half of the time. In `make test-fast` all have moto's.
"""

keep_named_items_only()
work_once()
# Each client of an LLM provider or a node reads all certificate authorities anew: 20 ms each.
for library in (httpx, httpx2):
    transports: Any = library._transports.default
    transports.create_ssl_context = functools.cache(transports.create_ssl_context)

# `make test` tries the same examples each time, `make test-fast` a few of them; `make fuzz` tries new ones, and many.
hypothesis.settings.register_profile(SAMPLE, deadline=None, derandomize=True, max_examples=15)
hypothesis.settings.register_profile(FAST, deadline=None, derandomize=True, max_examples=10)
hypothesis.settings.register_profile(SEARCH, deadline=None, max_examples=2_000, print_blob=True)
hypothesis.settings.load_profile(SAMPLE)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that no process of `make test` is left alone with them at the end.

    A test that drives Chromium or the whole application waits for other programs, which a busy computer may stop for
    seconds: it is tried twice again, any other test once. The report names each; a test that it names often has a fault
    of its own. What kills processes on purpose is never tried again.
    """
    items.sort(key=lambda item: _folder(item) not in LONG_PARTS)
    for item in items:
        for fixture in set(MARKS) & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARKS[fixture])
        if item.get_closest_marker("faults"):
            continue
        drives_others = any(item.get_closest_marker(name) for name in TRIED_AGAIN)
        item.add_marker(pytest.mark.flaky(reruns=2 if drives_others else 1))


def pytest_collection_finish() -> None:
    """What is imported by now stays: looking for garbage in it, again and again, was a fifth of the tests' time."""
    if "fastmcp" in sys.modules:
        import_module("tests.fastmcp_speed").parse_tools_once()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["unlisted"] = unlisted.recorded()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    unlisted.add(getattr(node, "workeroutput", {}).get("unlisted", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says how many members of each kind the generators have tried that no report lists."""
    if lines := unlisted.lines():
        terminalreporter.section("unlisted members tried")
        terminalreporter.write_line("\n".join(lines))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]


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
    """moto, in this process, with credentials that are worth nothing. A call is tried again at once."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr("forge.aws.KeptConnections", MotoPosts)
    monkeypatch.setattr("forge.aws.retries.pauses", lambda _first, tries: (0.0,) * (tries - 1))
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda _self, _context: 0.0)
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def clients() -> Any:
    """Clients are slow to make and hold no state: one of each for all tests. moto answers while `aws` is active."""
    session = boto3.Session("testing", "testing", region_name=REGION)
    return {name: session.client(name) for name in ("dynamodb", "sqs")}


@pytest.fixture(scope="session")
def emulator(pytestconfig: pytest.Config) -> Iterator[Emulator | None]:
    if pytestconfig.pluginmanager.has_plugin("tests.fast"):  # whose tests start no process
        yield None
        return
    with running_emulator() as emulator:
        yield emulator


@pytest.fixture
def dynamodb(aws: None, clients: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client whose calls are atomic, as DynamoDB's are: moto's alone are not. The product's go through our own."""
    client = clients["dynamodb"]
    client._make_api_call = through_ours(client)
    on_moto = str(request.path.relative_to(TESTS)).startswith(ON_MOTO)
    emulator: Emulator | None = None if on_moto else request.getfixturevalue("emulator")
    with emulator.in_place_of_moto() if emulator else nullcontext():
        yield client
    del client._make_api_call


@pytest.fixture
def table(dynamodb: Any) -> str:
    """The name of an empty table."""
    create_table(dynamodb)
    return TABLE_NAME


@pytest.fixture
def sqs(aws: None, clients: Any) -> Iterator[Any]:
    client = clients["sqs"]
    client._make_api_call = through_ours(client)
    yield client
    del client._make_api_call


@pytest.fixture
def queue_url(sqs: Any) -> str:
    return sqs.create_queue(QueueName="runs.fifo", Attributes=QUEUE_ATTRIBUTES)["QueueUrl"]


@pytest.fixture
def settings(table: str) -> Settings:
    return Settings(forge_table=table)


@pytest.fixture
def store(settings: Settings, clock: Clock, dynamodb: Any) -> Store:
    """Every store port over the emulator of `dynamodb`, on the test's clock."""
    return open_store(settings, clock, dynamodb)

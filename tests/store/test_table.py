from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import botocore.session
import moto.dynamodb.parsing
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from forge import aws
from forge.dynamodb.codec import decode_item, encode_item
from forge.errors import StorageUnavailable
from forge.models.run import Progress
from forge.settings import Settings
from forge.store import Store, open_store
from forge.store.running.write_ahead import AHEAD_ITEMS
from forge.store.stored.message_log import PART_BYTES, split
from tests.clock import Clock
from tests.properties import examples
from tests.store.scenes import KEY, completed, log, spoken, started, told

CODES = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
    "ServiceUnavailable",
]
FAULTS = [
    *(ClientError({"Error": {"Code": code}}, "UpdateItem") for code in CODES),
    EndpointConnectionError(endpoint_url="http://127.0.0.1"),
    ReadTimeoutError(endpoint_url="http://127.0.0.1"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=[*CODES, "unreachable", "too slow"])
def test_an_overloaded_table_is_unavailable_and_says_when_to_come_back(
    store: Store, dynamodb: Any, fault: Exception
):
    def failing(operation: str, parameters: Any) -> Any:
        raise fault

    dynamodb._make_api_call = failing
    with pytest.raises(StorageUnavailable) as refused:
        told(store)
    assert refused.value.retry_after > 0
    with pytest.raises(StorageUnavailable):
        store.sessions.get(KEY)


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("ThrottlingException", 400, "The table is overloaded."),
        ("ResourceNotFoundException", 400, "The table is not there."),
        ("InternalServerError", 500, "The table has failed."),
        ("SomethingNew", 502, "The table has failed."),
    ],
)
def test_what_is_wrong_with_the_storage_is_told(code: str, status: int, words: str):
    """A full disk was an overload, and whoever reads that waits."""
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    with pytest.raises(StorageUnavailable, match=words), aws.unavailable("The table"):
        raise ClientError(answer, "PutItem")


def test_a_fault_of_ours_is_not_taken_for_an_overload(store: Store, dynamodb: Any):
    with pytest.raises(ClientError), aws.unavailable("The table"):
        dynamodb.get_item(TableName="forge", Key={"sk": {"S": "half a key"}})


def test_a_table_that_is_not_there_yet_is_unavailable(clock: Clock, dynamodb: Any):
    with pytest.raises(StorageUnavailable):
        told(open_store(Settings(forge_table="no-such-table"), clock, dynamodb))


@pytest.mark.slow
def test_nobody_listening_is_unavailable(clock: Clock, aws: None):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    client: Any = botocore.session.get_session().create_client(
        "dynamodb", "us-east-1", endpoint_url=url, config=Config(retries={"total_max_attempts": 1})
    )
    with pytest.raises(StorageUnavailable):
        open_store(Settings(forge_table="forge"), clock, client).sessions.get(KEY)


def test_a_write_that_meets_a_transaction_is_tried_again(store: Store, dynamodb: Any):
    call, met = dynamodb._make_api_call, []

    def meeting(operation: str, parameters: Any) -> Any:
        if operation == "UpdateItem" and len(met) < 3:
            met.append(operation)
            raise ClientError({"Error": {"Code": "TransactionConflictException"}}, operation)
        if operation == "TransactWriteItems" and len(met) < 6:
            met.append(operation)
            raise cancelled("TransactionConflict")
        return call(operation, parameters)

    dynamodb._make_api_call = meeting
    store.runs.append(started(store), Progress(drafts=[spoken()] * (AHEAD_ITEMS + 1)))
    assert met == ["UpdateItem"] * 3 + ["TransactWriteItems"] * 3
    assert log(store) == ["hello", *["answer"] * (AHEAD_ITEMS + 1)]


def test_a_throttled_transaction_is_unavailable_and_can_be_repeated(store: Store, dynamodb: Any):
    lease, ending = started(store), completed(*[spoken()] * (AHEAD_ITEMS + 1))
    call = dynamodb._make_api_call

    def throttled(operation: str, parameters: Any) -> Any:
        raise cancelled("ThrottlingError")

    dynamodb._make_api_call = throttled
    with pytest.raises(StorageUnavailable):
        store.runs.finish(lease, ending)
    dynamodb._make_api_call = call
    store.runs.finish(lease, ending)
    assert log(store) == ["hello", *["answer"] * (AHEAD_ITEMS + 1)]


def cancelled(code: str) -> ClientError:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": code}, {"Code": "None"}],
    }
    return ClientError(response, "TransactWriteItems")


@pytest.mark.slow
def test_a_client_is_ours_unless_something_unusual_is_configured(
    aws_environment: None, monkeypatch: pytest.MonkeyPatch
):
    """A proxy, say, is botocore's business."""
    ours = aws.client("dynamodb")
    assert (ours.url, ours.region) == ("http://127.0.0.1:4566", "eu-central-1")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    meta = aws.client("dynamodb").meta
    config = meta.config
    assert (config.connect_timeout, config.read_timeout, config.max_pool_connections) == (2.0, 5.0, 64)
    assert (meta.endpoint_url, meta.region_name) == ("http://127.0.0.1:4566", "eu-central-1")


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


def test_no_attribute_has_a_reserved_name(store: Store, dynamodb: Any, table: str, clock: Clock):
    """DynamoDB refuses those names in expressions; moto misses some."""
    reserved = Path(moto.dynamodb.parsing.__file__).with_name("reserved_keywords.txt").read_text().split()
    store.journal.begin_call(started(store), "1:c1", {})
    store.controls.watch(KEY, clock.now)
    names = {name for item in dynamodb.scan(TableName=table)["Items"] for name in item}
    assert not {name for name in names if name.upper() in {word.upper() for word in reserved}}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.slow
@examples(40)
@given(st.dictionaries(st.text(min_size=1), VALUES | st.frozensets(st.text(min_size=1), min_size=1)))
def test_what_is_encoded_comes_back_as_it_was(item: dict[str, Any]):
    assert decode_item(encode_item(item)) == item


def test_what_cannot_be_stored_is_refused():
    with pytest.raises(TypeError):
        encode_item({"ratio": 1.5})


@examples(40)
@given(st.text(), st.sampled_from(["a", "é", "€", "𝄞"]), st.integers(0, 40_000))
def test_text_is_cut_between_characters_into_parts_that_stay(start: str, character: str, length: int):
    text = start + character * length
    parts = split(text)
    assert "".join(parts) == text
    assert all(PART_BYTES - 3 <= len(part.encode()) <= PART_BYTES for part in parts[:-1])
    assert split(text + "more")[: len(parts) - 1] == parts[:-1]

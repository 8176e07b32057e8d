"""Our client sends and returns what botocore's would, for each call that it replaces."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import botocore.parsers
import botocore.serialize
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.retries import standard
from botocore.retries.quota import RetryQuota
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from forge.aws import retries
from forge.aws.http_answer import Answer
from forge.aws.json_text import decoded, encoded, error_of
from forge.aws.retries import TRIES, Quota
from forge.aws.services import DYNAMODB, SERVICES, SQS, Service
from forge.dynamodb.codec import encode_item
from tests.unlisted import tried

MODELS: dict[str, Any] = {name: Session().get_service_model(name) for name in SERVICES}
OPERATIONS = [
    (service, operation) for service in SERVICES.values() for operation in sorted(service.operations)
]
SERIALIZER: Any = botocore.serialize.create_serializer("json", include_validation=False)
PARSER: Any = botocore.parsers.create_parser("json")
URL = "http://127.0.0.1:1"

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(["B", "BS", '"B', "L"])
LEAVES = st.none() | st.booleans() | st.integers() | TEXTS | st.binary(max_size=8)
SETS = st.frozensets(TEXTS, min_size=1, max_size=3) | st.frozensets(
    st.binary(max_size=4), min_size=1, max_size=3
)
VALUES = st.recursive(
    LEAVES | SETS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ITEMS = st.dictionaries(TEXTS, VALUES, max_size=4).map(encode_item)


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_a_service_is_what_botocore_says_that_it_is(service: Service) -> None:
    model = MODELS[service.name]
    about = model.metadata
    assert (service.target, service.content_type) == (
        about["targetPrefix"],
        f"application/x-amz-json-{about['jsonVersion']}",
    )
    assert (about["endpointPrefix"], about["protocol"]) == (service.name, "json")
    assert about.get("signingName", service.name) == service.name
    assert service.fields == ({"X-Amzn-Query-Mode": "true"} if "awsQueryCompatible" in about else {})


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_an_operation_needs_nothing_that_only_botocore_does(service: Service, operation: str) -> None:
    """No timestamps, no member that travels elsewhere than in the body or by another name, no stream."""
    model = MODELS[service.name].operation_model(operation)
    token = service.tokens.get(operation)
    assert model.idempotent_members == ([token] if token else [])
    assert (model.http["method"], model.http["requestUri"]) == ("POST", "/")
    assert not model.has_streaming_input
    assert not model.has_streaming_output
    kinds = {shape.type_name for root in (model.input_shape, model.output_shape) for shape in shapes(root)}
    assert kinds <= {"structure", "map", "list", "string", "integer", "double", "boolean", "blob"}
    for shape in shapes(model.input_shape):
        for member in getattr(shape, "members", {}).values():
            assert not member.serialization.keys() & {"location", "name"} or service is SQS


def shapes(root: Any, seen: set[str] | None = None) -> Iterator[Any]:
    seen = set() if seen is None else seen
    if root is None or root.name in seen:
        return
    seen.add(root.name)
    yield root
    inner = [*getattr(root, "members", {}).values()] if root.type_name == "structure" else []
    inner += [root.member] if root.type_name == "list" else []
    inner += [root.key, root.value] if root.type_name == "map" else []
    for each in inner:
        yield from shapes(each, seen)


@pytest.mark.slow
@given(ITEMS, st.booleans())
def test_parameters_are_written_as_botocore_writes_them(item: dict[str, Any], flag: bool) -> None:
    tried("parameters of calls", (item, flag))
    for operation, parameters in [
        ("PutItem", {"TableName": "t", "Item": item, "ReturnValues": "ALL_OLD"}),
        ("GetItem", {"TableName": "t", "Key": item, "ConsistentRead": flag}),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"Item": item, "TableName": "t"}}]}),
        ("BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": {"Item": item}}]}}),
        (
            "Query",
            {"TableName": "t", "ExpressionAttributeValues": item, "Limit": 3, "ScanIndexForward": flag},
        ),
    ]:
        model = MODELS["dynamodb"].operation_model(operation)
        theirs = SERIALIZER.serialize_to_request(parameters, model)
        assert json.loads(encoded(parameters)) == json.loads(theirs["body"])
        assert theirs["headers"]["X-Amz-Target"] == f"{DYNAMODB.target}.{operation}"
        assert theirs["headers"]["Content-Type"] == DYNAMODB.content_type


def on_the_wire(found: Any) -> bytes:
    return json.dumps(found, default=lambda value: b64encode(value).decode()).encode()


@given(ITEMS)
def test_answers_are_read_as_botocore_reads_them(item: dict[str, Any]) -> None:
    tried("answers of the table", item)
    for operation, answer in [
        ("GetItem", {"Item": item}),
        ("UpdateItem", {"Attributes": item}),
        ("Query", {"Items": [item, item], "Count": 2, "LastEvaluatedKey": item}),
        ("BatchGetItem", {"Responses": {"B": [item]}, "UnprocessedKeys": {"BS": {"Keys": [item]}}}),
    ]:
        model = MODELS["dynamodb"].operation_model(operation)
        body = on_the_wire(answer)
        theirs = PARSER.parse({"status_code": 200, "headers": {}, "body": body}, model.output_shape)
        del theirs["ResponseMetadata"]
        assert decoded(body) == theirs


CODES = st.sampled_from(
    [
        "ConditionalCheckFailedException",
        "TransactionCanceledException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "ReplicatedWriteConflictException",
        "ThrottlingException",
        "RequestTimeout",
        "ValidationException",
        "InternalServerError",
        "Whatever",
    ]
)
STATUSES = st.sampled_from([400, 403, 413, 429, 500, 502, 503, 504, 599])


@given(
    CODES,
    STATUSES,
    st.sampled_from(["{}", "com.amazonaws.dynamodb.v20120810#{}", "{}:http://x/", "a#{}:b"]),
    st.sampled_from(["message", "Message"]),
    st.sampled_from([None, "AWS.SimpleQueueService.NonExistentQueue;Sender", "odd", ";Sender"]),
    ITEMS,
)
def test_errors_are_read_and_tried_again_as_botocore_does(
    code: str, status: int, form: str, message: str, older: str | None, item: dict[str, Any]
) -> None:
    tried("errors of services", (code, status, form, message, older, item))
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": item}]
    said = {"__type": form.format(code), message: "words", "Item": item, "CancellationReasons": reasons}
    headers = {"x-amzn-requestid": "r1", **({"x-amzn-query-error": older} if older else {})}
    model = MODELS["dynamodb"].operation_model("TransactWriteItems")
    body = on_the_wire(said)
    theirs = PARSER.parse({"status_code": status, "headers": headers, "body": body}, model.output_shape)
    fields = {name.encode(): value.encode() for name, value in headers.items()}
    error = error_of("TransactWriteItems", Answer(status, is_kept=True, body=body, fields=fields))
    ours: Any = error.response
    assert (ours["Error"]["Code"], ours["Error"]["Message"]) == (
        theirs["Error"]["Code"],
        theirs["Error"]["Message"],
    )
    assert ours["ResponseMetadata"] == theirs["ResponseMetadata"]
    assert ours["Item"] == decoded(on_the_wire(item))
    assert ours["CancellationReasons"][1]["Item"] == ours["Item"]
    context = standard.RetryContext(
        attempt_number=1,
        operation_model=MODELS["dynamodb"].operation_model("PutItem"),
        parsed_response=theirs,
        http_response=AWSResponse(URL, status, HTTPHeaders(), None),
    )
    is_retryable = standard.StandardRetryConditions(max_attempts=TRIES).is_retryable(context)
    assert bool(Quota().allows(error)) == (is_retryable or status == 429)


def test_what_is_tried_again_and_what_it_costs_is_botocores() -> None:
    throttled: Any = standard.ThrottledRetryableChecker
    transient: Any = standard.TransientRetryableChecker
    quota: Any = standard.RetryQuotaChecker
    assert set(throttled._THROTTLED_ERROR_CODES) == retries.THROTTLED
    own = {"ReplicatedWriteConflictException"}
    assert set(transient._TRANSIENT_ERROR_CODES) | own == retries.TRANSIENT | {"PriorRequestNotComplete"}
    assert set(transient._TRANSIENT_STATUS_CODES) == retries.STATUSES
    costs = (quota._RETRY_COST, quota._THROTTLING_RETRY_COST, quota._NO_RETRY_INCREMENT)
    assert costs == (retries.COST, retries.THROTTLED_COST, retries.RETURNED)
    assert RetryQuota.INITIAL_CAPACITY == retries.CAPACITY
    for service, operation in OPERATIONS:
        marked = MODELS[service.name].operation_model(operation).error_shapes
        names = {shape.name for shape in marked if shape.metadata.get("retryable") is not None}
        assert names <= retries.TRANSIENT


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"", b"[]", b"\xff"])
def test_an_answer_in_other_words_is_known_by_its_status(body: bytes) -> None:
    error = error_of("GetItem", Answer(502, is_kept=True, body=body))
    assert error.response["Error"].get("Code") == "502"
    assert Quota().allows(error)

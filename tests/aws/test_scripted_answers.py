"""Calls through our client of AWS over scripted answers: which are made again, and when that ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from forge.aws.http_answer import Answer
from forge.aws.json_client import JsonClient
from forge.aws.retries import TRIES
from forge.aws.services import DYNAMODB, SQS

URL = "http://127.0.0.1:1"


class Scripted:
    """Answers, or raises, what comes next; the last one again and again."""

    def __init__(self, *outcomes: Answer | Exception) -> None:
        self.outcomes = list(outcomes)
        self.bodies: list[bytes] = []

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.bodies.append(body)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


OK = Answer(200, True, b"{}")


BUSY = Answer(400, True, b'{"__type": "ThrottlingException"}')


REFUSED = Answer(400, True, b'{"__type": "ConditionalCheckFailedException"}')


AWAY = EndpointConnectionError(endpoint_url=URL)


SLOW = ReadTimeoutError(endpoint_url=URL)


def client_of(posts: Scripted) -> JsonClient:
    return JsonClient(DYNAMODB, URL, "us-east-1", Credentials("key", "secret"), posts)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    made: list[float] = []
    monkeypatch.setattr("forge.aws.retries.time.sleep", made.append)
    return made


@pytest.mark.parametrize("outcomes", [(BUSY, OK), (AWAY, SLOW, OK), (Answer(500, True), OK)])
def test_what_may_pass_is_tried_again_with_the_same_request(
    outcomes: tuple[Answer | Exception, ...], pauses: list[float]
) -> None:
    posts = Scripted(*outcomes)
    client_of(posts).transact_write_items(TransactItems=[])
    assert len(set(posts.bodies)) == 1
    assert len(posts.bodies) == len(outcomes)
    assert len(json.loads(posts.bodies[0])["ClientRequestToken"]) == 36
    assert [pause <= most for pause, most in zip(pauses, (1, 2), strict=False)] == [True] * (
        len(outcomes) - 1
    )


def test_two_transactions_have_two_tokens() -> None:
    posts = Scripted(OK)
    client = client_of(posts)
    client.transact_write_items(TransactItems=[])
    client.transact_write_items(TransactItems=[])
    assert posts.bodies[0] != posts.bodies[1]


@pytest.mark.parametrize(
    ("outcome", "error", "tries"),
    [(BUSY, ClientError, TRIES), (AWAY, EndpointConnectionError, TRIES), (REFUSED, ClientError, 1)],
)
def test_trying_again_ends(outcome: Answer | Exception, error: type[Exception], tries: int) -> None:
    posts = Scripted(outcome)
    with pytest.raises(error):
        client_of(posts).update_item(TableName="t")
    assert len(posts.bodies) == tries


def test_a_client_that_fails_all_the_time_stops_trying_again_until_calls_succeed() -> None:
    posts = Scripted(SLOW)
    client = client_of(posts)
    for _ in range(40):
        with pytest.raises(ReadTimeoutError):
            client.get_item(TableName="t")
    posts.bodies.clear()
    with pytest.raises(ReadTimeoutError):
        client.get_item(TableName="t")
    assert len(posts.bodies) == 1
    posts.outcomes[:] = [OK]
    for _ in range(30):
        client.get_item(TableName="t")
    posts.outcomes[:], posts.bodies = [SLOW, OK], []
    client.get_item(TableName="t")
    assert len(posts.bodies) == 2


def test_a_call_that_is_not_described_here_does_not_exist() -> None:
    client = client_of(Scripted(OK))
    missing: Callable[[], Any] = lambda: client.create_table  # noqa: E731
    with pytest.raises(AttributeError):
        missing()


def test_without_credentials_nothing_is_sent() -> None:
    posts = Scripted(OK)
    with pytest.raises(NoCredentialsError):
        JsonClient(SQS, URL, "us-east-1", None, posts).receive_message(QueueUrl="q")
    assert posts.bodies == []

"""Our client of `@connections` sends what botocore's would, and reads errors as botocore does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from forge.aws.connections_client import ConnectionsClient
from forge.aws.http_answer import Answer
from tests.unlisted import tried

URL = "https://abc.execute-api.eu-central-1.amazonaws.com/ws"
REGION = "eu-central-1"
CALLS = {"post_to_connection": {"Data": b'{"type":"pong"}'}, "delete_connection": {}}
Sent = tuple[str, str, bytes]


class Answering:
    """Answers every request with `status`, and keeps the last one."""

    def __init__(self, status: int, body: bytes = b"") -> None:
        self._answer = Answer(status, is_kept=True, body=body)
        self.sent: Sent | None = None
        self.headers: Mapping[str, str] = {}

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.sent, self.headers = (method, path, body), headers
        return self._answer


def ours(requests: Answering) -> ConnectionsClient:
    return ConnectionsClient(URL, REGION, Credentials("key", "secret", "token"), requests)


class Theirs:
    """botocore's client, whose requests are answered with `status` before they are sent."""

    def __init__(self) -> None:
        session: Any = Session()
        session.set_credentials("key", "secret", "token")
        self.client = session.create_client("apigatewaymanagementapi", REGION, endpoint_url=URL)
        self.client.meta.events.register_first("before-send", self._send)
        self.status, self.body = 200, b""
        self.sent: tuple[str, str, bytes] | None = None

    def _send(self, request: Any, **_: Any) -> AWSResponse:
        path = request.url.removeprefix(URL.removesuffix("/ws"))
        self.sent, self.fields = (request.method, path, request.body or b""), request.headers
        headers: Any = HTTPHeaders.from_dict({})
        response: Any = AWSResponse(request.url, self.status, headers, None)
        response._content = self.body
        return response


@pytest.fixture(scope="module")
def theirs() -> Theirs:
    return Theirs()


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda name: name.strip(".")))
@pytest.mark.parametrize("call", CALLS)
def test_a_request_is_the_one_that_botocore_sends(theirs: Theirs, call: str, connection_id: str) -> None:
    tried("requests to connections", (call, connection_id))
    requests, parameters = Answering(200), {"ConnectionId": connection_id, **CALLS[call]}
    theirs.status = 200
    getattr(ours(requests), call)(**parameters)
    getattr(theirs.client, call)(**parameters)
    assert requests.sent == theirs.sent
    named = "SignedHeaders="
    assert "host" in requests.headers["Authorization"].split(named)[1]
    assert requests.headers["X-Amz-Security-Token"] == "token"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [400, 403, 404, 410, 413])
def test_an_error_has_the_status_that_botocore_s_has(theirs: Theirs, call: str, status: int) -> None:
    theirs.status, theirs.body = status, b'{"message": "no"}'
    parameters = {"ConnectionId": "c", **CALLS[call]}
    with pytest.raises(ClientError) as of_theirs:
        getattr(theirs.client, call)(**parameters)
    with pytest.raises(ClientError) as of_ours:
        getattr(ours(Answering(status, theirs.body)), call)(**parameters)
    told: list[Any] = [each.value.response for each in (of_ours, of_theirs)]
    assert len({each["ResponseMetadata"]["HTTPStatusCode"] for each in told}) == 1
    assert of_ours.value.operation_name == of_theirs.value.operation_name

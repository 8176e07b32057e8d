"""Our own client of AWS over moto: calls and replacements that a test makes on botocore's client go through ours.

So every test of the store, the queue, the functions and the worker sends the same bytes as the product. botocore's
client is used only for requests of the tests themselves (tables, scans), and for the events by which they watch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest
from botocore.credentials import Credentials
from moto.core.models import botocore_stubber

from forge.aws import CONNECT_SECONDS
from forge.aws.http_answer import Answer
from forge.aws.json_client import JsonClient
from forge.aws.kept_connections import KeptConnections
from forge.aws.services import SERVICES
from tests.patience import PATIENCE_SECONDS

CREDENTIALS = Credentials("testing", "testing")

_one_at_a_time = threading.Lock()
"""moto works on shared objects without a lock, and undoes a transaction by putting back what was there."""


class MotoPosts:
    """In place of `KeptConnections`. `sending` is told each request, and may answer it before moto does.

    What is no address of AWS's, moto leaves to the network.
    """

    def __init__(self, url: str, *seconds: float, sending: Callable[[Any], Any] | None = None) -> None:
        stubber: Any = botocore_stubber
        self._seconds = seconds or (CONNECT_SECONDS, PATIENCE_SECONDS)
        self._url, self._sending = url, sending or (lambda request: stubber("before-send", request))

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return self.send("POST", path, headers, body)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        sent: Any = dict(headers)
        request = AWSPreparedRequest(method, self._url.rstrip("/") + path, sent, body, stream_output=False)
        with _one_at_a_time:
            response = self._sending(request)
        if response is None:
            return self._over_the_network(method, path, headers, body)
        fields = {name.lower().encode(): str(value).encode() for name, value in response.headers.items()}
        return Answer(response.status_code, is_kept=True, body=response.content, fields=fields)

    def _over_the_network(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """On a connection that does not outlive the test."""
        with closing(KeptConnections(self._url, *self._seconds)) as posts:
            return posts.send(method, path, headers, body)


def through_ours(client: Any) -> Callable[[str, dict[str, Any]], Any]:
    """In place of `client._make_api_call`: the calls that are ours to make, and botocore's way for the others."""
    service, events = SERVICES[client.meta.service_model.service_name], client.meta.events
    theirs = type(client)._make_api_call.__get__(client)
    posts = MotoPosts(client.meta.endpoint_url, sending=lambda request: _sent(client, request))
    ours = JsonClient(service, client.meta.endpoint_url, client.meta.region_name, CREDENTIALS, posts)

    def call(operation: str, parameters: dict[str, Any]) -> Any:
        if operation not in service.operations:
            with _one_at_a_time:
                return theirs(operation, parameters)
        told = {"model": client.meta.service_model.operation_model(operation), "context": {}}
        events.emit(f"before-call.{service.name}.{operation}", params={"headers": {}}, **told)
        answer = ours.call(operation, parameters)
        events.emit(f"after-call.{service.name}.{operation}", http_response=None, parsed=answer, **told)
        return answer

    return call


def _sent(client: Any, request: AWSPreparedRequest) -> Any:
    service = cast("str", client.meta.service_model.service_name)
    operation = str(request.headers["X-Amz-Target"]).partition(".")[2]
    return client.meta.events.emit_until_response(f"before-send.{service}.{operation}", request=request)[1]

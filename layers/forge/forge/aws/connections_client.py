"""A client for the calls of `@connections` that functions make, in place of botocore's, with the same names,
parameters, results and errors.

botocore's own is the only reason for which a function would import botocore's session, models and HTTP client.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from forge.aws.http_answer import Answer
from forge.aws.json_client import FIRST_ERROR, Credentials
from forge.aws.json_text import error_of
from forge.aws.retries import Quota
from forge.aws.sigv4 import RequestSigner

_SIGNED_AS = "execute-api"
_METHODS = {"PostToConnection": "POST", "DeleteConnection": "DELETE"}


class Requests(Protocol):
    """Send the request. Raises botocore's connection errors."""

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer: ...


class ConnectionsClient:
    """`url`: `https://{api}.execute-api.{region}.amazonaws.com/{stage}`. Safe for any number of threads."""

    def __init__(self, url: str, region: str, credentials: Credentials, requests: Requests) -> None:
        self._credentials, self._requests = credentials, requests
        self._path = f"{urlsplit(url).path.rstrip('/')}/@connections/"
        self._signer = RequestSigner(url, region, _SIGNED_AS)
        self._quota = Quota()

    def post_to_connection(self, **parameters: Any) -> dict[str, Any]:
        return self.call("PostToConnection", parameters)

    def delete_connection(self, **parameters: Any) -> dict[str, Any]:
        return self.call("DeleteConnection", parameters)

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Raises `ClientError`, and botocore's connection errors if retries have not helped."""
        path = self._path + quote(parameters["ConnectionId"], safe="")
        self._quota.tried(partial(self._ask, operation, path, parameters.get("Data", b"")))
        return {}

    def _ask(self, operation: str, path: str, body: bytes) -> None:
        method = _METHODS[operation]
        frozen = self._credentials.get_frozen_credentials()
        headers = self._signer.headers(path, body, frozen, method=method)
        answer = self._requests.send(method, path, headers, body)
        if answer.status >= FIRST_ERROR:
            raise error_of(operation, answer)

"""A client for the calls of `services.SERVICES`, in place of botocore's, with the same names, parameters, results and
errors.

botocore passes each call through a model of the service, a dozen events and a general HTTP client, which costs
several times what such a call needs. Credentials, regions and errors still come from botocore.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import NoCredentialsError

from forge.aws.http_answer import Answer
from forge.aws.json_text import decoded, encoded, error_of
from forge.aws.retries import Quota
from forge.aws.services import Service
from forge.aws.sigv4 import RequestSigner

FIRST_ERROR = 300
"""The first status that is an error."""
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class Posts(Protocol):
    """Send the request. Raises botocore's connection errors."""

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer: ...


class Credentials(Protocol):
    """botocore's credentials, including those that refresh themselves."""

    def get_frozen_credentials(self) -> Any: ...


class JsonClient:
    """`url`: the service's endpoint. Safe for any number of threads. Results have no `ResponseMetadata`."""

    def __init__(
        self, service: Service, url: str, region: str, credentials: Credentials | None, posts: Posts
    ) -> None:
        self.service, self.url, self.region = service, url, region
        self._credentials, self._posts = credentials, posts
        self._path = urlsplit(url).path or "/"
        self._signer = RequestSigner(url, region, service.name, content_type=service.content_type)
        self._quota = Quota()
        self._methods = {_CAPITAL.sub("_", name).lower(): name for name in service.operations}

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        """Provide botocore's methods, such as `get_item(TableName=…)`."""
        if name.startswith("_") or name not in self._methods:
            raise AttributeError(f"{self.service.name} is not called with {name} here")
        operation = self._methods[name]

        def method(**parameters: Any) -> dict[str, Any]:
            return self.call(operation, parameters)

        return method

    def call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Raises `ClientError`, and botocore's connection errors if retries have not helped."""
        if token := self.service.tokens.get(operation):
            parameters = {token: str(uuid.uuid4()), **parameters}
        return self._quota.tried(partial(self._ask, operation, encoded(parameters)))

    def _ask(self, operation: str, body: bytes) -> dict[str, Any]:
        if self._credentials is None:
            raise NoCredentialsError
        fields = {**self.service.fields, "X-Amz-Target": f"{self.service.target}.{operation}"}
        headers = self._signer.headers(self._path, body, self._credentials.get_frozen_credentials(), fields)
        answer = self._posts.post(self._path, headers, body)
        if answer.status >= FIRST_ERROR:
            raise error_of(operation, answer)
        return decoded(answer.body)

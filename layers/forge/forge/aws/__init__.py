"""Clients of AWS services, made by composition roots, and the only translation of their errors."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as EndpointError

from forge.aws.connections_client import ConnectionsClient
from forge.aws.from_environment import credentials_of, endpoint_of, region_of
from forge.aws.json_client import Credentials, JsonClient
from forge.aws.kept_connections import KeptConnections
from forge.aws.retries import PAUSES_SECONDS, TRIES
from forge.aws.services import SERVICES
from forge.errors import StorageUnavailable

__all__ = [
    "CONNECT_SECONDS",
    "PAUSES_SECONDS",
    "TRIES",
    "client",
    "code_of",
    "connections_client",
    "credentials",
    "unavailable",
]

RETRY_AFTER_SECONDS = 1.0

_FAILED, _MISSING, _OVERLOADED = "has failed", "is not there", "is overloaded"
UNAVAILABLE: Mapping[str, str] = {
    "AWS.SimpleQueueService.NonExistentQueue": _MISSING,
    "InternalFailure": _FAILED,
    "InternalServerError": _FAILED,
    "LimitExceededException": _OVERLOADED,
    "OverLimit": _OVERLOADED,
    "ProvisionedThroughputExceeded": _OVERLOADED,
    "ProvisionedThroughputExceededException": _OVERLOADED,
    "QueueDoesNotExist": _MISSING,
    "RequestLimitExceeded": _OVERLOADED,
    "RequestThrottled": _OVERLOADED,
    "RequestTimeout": _OVERLOADED,
    "ResourceNotFoundException": _MISSING,
    "ServiceUnavailable": _FAILED,
    "SlowDown": _OVERLOADED,
    "Throttling": _OVERLOADED,
    "ThrottlingError": _OVERLOADED,
    "ThrottlingException": _OVERLOADED,
    "TooManyRequestsException": _OVERLOADED,
    "TransactionConflict": _OVERLOADED,
    "TransactionConflictException": _OVERLOADED,
    "TransactionInProgressException": _OVERLOADED,
}
"""Error codes of temporary failures, and what each says of the service. Every other code is a fault of this program
and is not caught.

A table or queue that does not exist is being created or restored: the worker waits for it, functions answer 503.
"""


CONNECT_SECONDS, READ_SECONDS = 2.0, 5.0


def client(service: str, *, endpoint_url: str | None = None, read_timeout: float = READ_SECONDS) -> Any:
    """Return a thread-safe client. `AWS_ENDPOINT_URL` and `AWS_REGION` are honoured; times are seconds.

    The services that runs call all the time get our own client, unless something unusual is configured for them. It
    keeps as many connections as have been in use at once.
    """
    region = region_of() or _session().get_config_variable("region")
    url = _own_endpoint(service, region, endpoint_url)
    if region and url:
        posts = KeptConnections(url, CONNECT_SECONDS, read_timeout)
        return JsonClient(SERVICES[service], url, region, credentials(), posts)
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_timeout,
        max_pool_connections=64,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        tcp_keepalive=True,
        parameter_validation=False,
        user_agent="forge-mcp",
    )
    with _making_client:
        return _session().create_client(service, region_name=region, endpoint_url=endpoint_url, config=config)


def connections_client(url: str) -> Any:
    """Return a thread-safe client of `@connections` at `url`: our own where the environment says everything."""
    region, known = region_of(), credentials_of()
    if url and region and known:
        return ConnectionsClient(url, region, known, KeptConnections(url, CONNECT_SECONDS, READ_SECONDS))
    return client("apigatewaymanagementapi", endpoint_url=url)


def credentials() -> Credentials | None:
    """Return those of the environment, else what botocore finds."""
    return credentials_of() or _session().get_credentials()


def _own_endpoint(service: str, region: str | None, endpoint_url: str | None) -> str | None:
    """Return None if botocore must make the calls."""
    if service not in SERVICES or not region:
        return None
    if url := endpoint_url or endpoint_of(service, region):
        return url
    from forge.aws.endpoints import plain_endpoint

    return plain_endpoint(_session(), service, region)


_making_client = Lock()
"""A botocore session is not thread-safe; the clients that it makes are."""


@cache
def _session() -> Any:
    """All clients share one session: credentials are fetched once, and each further client costs a tenth of the
    first.
    """
    from botocore.session import get_session

    return get_session()


def code_of(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


@contextmanager
def unavailable(what: str) -> Generator[None]:
    """Raise `StorageUnavailable` for throttling, overload and an unreachable service.

    `what` names the service as the beginning of a sentence, because a client shows the error as it is.
    """
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        told = UNAVAILABLE.get(code_of(error), _FAILED if status >= 500 else None)
        if told is None:
            raise
        raise StorageUnavailable(f"{what} {told}.", retry_after=RETRY_AFTER_SECONDS) from error
    except (HTTPClientError, EndpointError) as error:
        raise StorageUnavailable(f"{what} is out of reach.", retry_after=RETRY_AFTER_SECONDS) from error

"""The blocking adapter of the port `Connections`, for functions. The worker's does not block."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from forge import aws
from forge.errors import ConnectionGone, StorageUnavailable
from forge.settings import Settings

_GONE = frozenset({"GoneException", "410"})


class ApiGatewayConnections:
    def __init__(self, client: Any) -> None:
        self._client = client

    def post(self, connection_id: str, frame: str) -> None:
        with _gone():
            self._client.post_to_connection(ConnectionId=connection_id, Data=frame.encode())

    def close(self, connection_id: str) -> None:
        """Close the connection. If it has gone already, nothing remains to be done."""
        try:
            with _gone():
                self._client.delete_connection(ConnectionId=connection_id)
        except ConnectionGone:
            return


def open_connections(settings: Settings) -> ApiGatewayConnections:
    return ApiGatewayConnections(aws.connections_client(settings.forge_connections_url))


@contextmanager
def _gone() -> Generator[None]:
    """Raises `ConnectionGone` on 410 and for a malformed id, which cannot belong to an open connection."""
    with aws.unavailable("The WebSocket API"):
        try:
            yield
        except ClientError as error:
            status: int | None = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if aws.code_of(error) in _GONE or status in {400, 404, 410}:
                raise ConnectionGone from error
            if status == 429:
                raise StorageUnavailable("The connection is written to too fast.", retry_after=1) from error
            raise

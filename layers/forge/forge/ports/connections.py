"""Ports of `@connections` of API Gateway: posting to open WebSockets."""

from __future__ import annotations

from typing import Protocol


class Connections(Protocol):
    """`@connections` of API Gateway, blocking (for functions)."""

    def post(self, connection_id: str, frame: str) -> None:
        """Raises `ConnectionGone` on 410, `StorageUnavailable` when throttled."""
        ...

    def close(self, connection_id: str) -> None: ...


class AsyncConnections(Protocol):
    """`@connections` of API Gateway for the worker: signed POST requests over persistent connections."""

    async def post(self, connection_id: str, frame: bytes) -> None: ...

"""The chat's server and credentials."""

from __future__ import annotations

from dataclasses import dataclass

from forge_client.client import ForgeClient
from forge_client.http_requests import Token
from forge_client.pace import Pace


@dataclass(frozen=True, slots=True)
class Server:
    """A server and the person's credentials for it."""

    url: str
    """The server's base URL."""
    token: Token | None = None
    """The OAuth access token, or a function that returns a fresh one; None on a server without login."""
    pace: Pace | None = None
    """The waiting times of the live connection; None for the defaults."""

    def client(self, session_id: str | None) -> ForgeClient:
        return ForgeClient(self.url, session_id, self.token, pace=self.pace)

"""The chat's server and credentials."""

from __future__ import annotations

from dataclasses import dataclass

from forge_client.client import ForgeClient
from forge_client.endpoint import Token
from forge_client.pace import Pace


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    token: Token | None = None
    pace: Pace | None = None

    def client(self, session_id: str | None) -> ForgeClient:
        return ForgeClient(self.url, session_id, self.token, pace=self.pace)

"""Which pages on other hosts may call the API. API Gateway answers likewise for what never reaches a function
(`CorsConfiguration` in `template.yaml`).
"""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from forge.api import dependencies

METHODS = ("GET", "POST", "PATCH", "DELETE")
EXPOSED = ("Preference-Applied", "Retry-After", "X-Run-Id", "X-Session-Id")
ACCEPTED = ("Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "Prefer", "traceparent")


class Cors:
    """The allowed origins come from the settings, which are read on the first request and not when the app is made."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._made: ASGIApp | None = None
        self._origins = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origins = dependencies.settings().cors_origins
        if self._made is None or self._origins != origins:
            self._made, self._origins = self._with(origins), origins
        await self._made(scope, receive, send)

    def _with(self, origins: str) -> ASGIApp:
        return CORSMiddleware(
            self._app,
            allow_origins=[origin.strip() for origin in origins.split(",") if origin.strip()],
            allow_methods=METHODS,
            allow_headers=ACCEPTED,
            expose_headers=EXPOSED,
        )

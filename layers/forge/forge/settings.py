"""What a deployer configures: one validated model of the environment, which only the composition roots read.

Field names are the environment's names in lower case; `template.yaml` sets the same names (a test compares them).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

TEN_YEARS_MINUTES = 5_256_000
HUNDRED_YEARS_DAYS = 36_500
"""A time after the year 9999 cannot be written."""
LEAST_RATE = 0.001
"""Per minute. The time until the next request is allowed is stored in milliseconds, so it must not be endless."""
LARGEST = 10**12
"""The largest count or rate. Some are multiplied, and a number in the table has at most 38 digits."""


class Settings(BaseModel):
    """Settings of the shared layer, for functions and the worker alike."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    forge_table: str
    """Name of the table."""
    forge_queue_url: str = ""
    """URL of the run queue."""
    forge_dead_letter_url: str = ""
    """URL of the dead-letter queue for messages whose run failed permanently; empty: there is none."""
    forge_connections_url: str = ""
    """Endpoint of `@connections`: `https://{api}.execute-api.{region}.amazonaws.com/{stage}`."""
    session_timeout_minutes: float = Field(default=30, gt=0, le=TEN_YEARS_MINUTES)
    """A session's life after its last activity."""
    session_max_age_days: float = Field(default=30, gt=0, le=HUNDRED_YEARS_DAYS)
    """The longest life of what a session leaves."""
    rate_limit_per_minute: float = Field(default=30, ge=LEAST_RATE, le=LARGEST)
    """Messages a minute of one session."""
    rate_limit_burst: int = Field(default=10, ge=1, le=LARGEST)
    """Messages of one session that may come at once; the burst of a signed-in owner is four times as large."""
    owner_rate_limit_per_minute: float = Field(default=120, ge=LEAST_RATE, le=LARGEST)
    """Messages a minute of one signed-in owner, over all sessions."""
    caller_units_per_minute: float = Field(default=600, ge=LEAST_RATE, le=LARGEST)
    """Requests a minute of a signed-in owner, or of an anonymous caller's address prefix, in units of
    `forge.models.request_prices`.
    """
    deployment_units_per_minute: float = Field(default=60_000, ge=LEAST_RATE, le=LARGEST)
    """The same for all callers together."""
    owner_tokens_per_day: int = Field(default=0, ge=0, le=LARGEST)
    """LLM tokens of one signed-in owner on one UTC day, over all sessions; 0: no limit."""
    caller_streams: int = Field(default=100, ge=1, le=LARGEST)
    """WebSockets and event streams that one caller may have open."""
    deployment_waits: int = Field(default=200, ge=1, le=LARGEST)
    """Requests of all callers together that may wait for a worker longer than a moment; one caller may have a twentieth
    of them.
    """
    deployment_requests_per_day: int = Field(default=0, ge=0, le=LARGEST)
    """Daily limit of all callers together, by UTC day, as are those below; 0: no limit."""
    deployment_streams_per_day: int = Field(default=0, ge=0, le=LARGEST)
    """Daily limit of WebSockets and event streams that are opened."""
    deployment_sessions_per_day: int = Field(default=0, ge=0, le=LARGEST)
    """Daily limit of new sessions."""
    deployment_tokens_per_day: int = Field(default=0, ge=0, le=LARGEST)
    """Daily limit of LLM tokens."""
    deployment_sends_per_day: int = Field(default=0, ge=0, le=LARGEST)
    """Daily limit of transactions that the agent sends by itself."""
    caller_day_percent: int = Field(default=20, ge=1, le=100)
    """The part of each of these daily limits that one signed-in owner or address prefix may use; 100: all of it. Tokens
    of signed-in owners have `owner_tokens_per_day` instead.
    """
    anonymous_ids: Literal["any", "uuid4"] = "any"
    """Which session ids of anonymous callers are accepted; such an id is the caller's only secret."""
    cors_origins: str = ""
    """Comma-separated origins of other pages that may call, or `*`; the deployment's own page always may."""
    edge_digests: str = ""
    """Comma-separated SHA-256 digests (hex) of the secrets that the distribution may present; empty: none is
    required.
    """
    auth_issuer: str = ""
    """OpenID Connect issuer of the required tokens; empty: everybody may call."""
    auth_audience: str = ""
    """Required audience of a token. It must be set with an issuer, or its tokens for other applications would be
    accepted.
    """
    auth_client_id: str = ""
    """The page's client id at the issuer; empty: the page has no login."""
    default_network: str = "testnet"
    """The network of a new session."""
    otel_exporter_otlp_endpoint: str = ""
    """URL of an OpenTelemetry collector (OTLP over HTTP) for the worker's traces; empty: no traces."""

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if not self.auth_issuer:
            if self.auth_audience or self.auth_client_id:
                raise ValueError("AUTH_AUDIENCE and AUTH_CLIENT_ID mean nothing without AUTH_ISSUER.")
            return self
        if not is_safe_issuer(self.auth_issuer):
            raise ValueError("AUTH_ISSUER must be an https URL, or an http one of this computer.")
        if not self.auth_audience:
            raise ValueError("AUTH_ISSUER needs AUTH_AUDIENCE: else tokens for any application would do.")
        return self

    @property
    def is_traced(self) -> bool:
        return bool(self.otel_exporter_otlp_endpoint)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Variables that are unset or empty take their defaults."""
        names = {name.upper(): name for name in cls.model_fields}
        return cls.model_validate({names[k]: v for k, v in environment.items() if k in names and v})


def is_safe_issuer(url: str) -> bool:
    """Return whether nobody on the network path can answer as the issuer: it uses https, or http within one
    computer.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

"""What a deployer sets: one validated model of the environment, read by the composition roots only.

Field names are the environment's names in lower case; `template.yaml` sets the same ones (a test compares them).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Settings of the shared layer: functions and worker alike."""

    model_config = ConfigDict(frozen=True)

    forge_table: str
    forge_queue_url: str = ""
    forge_dead_letter_url: str = ""
    """Where a run that failed for good leaves its queue message; empty: nowhere."""
    forge_connections_url: str = ""
    """Where `@connections` is: `https://{api}.execute-api.{region}.amazonaws.com/{stage}`."""
    session_timeout_minutes: float = Field(default=30, gt=0)
    session_max_age_days: float = Field(default=30, gt=0)
    rate_limit_per_minute: float = Field(default=30, gt=0)
    rate_limit_burst: int = Field(default=10, ge=1)
    owner_rate_limit_per_minute: float = Field(default=120, gt=0)
    owner_tokens_per_day: int = Field(default=0, ge=0)
    """LLM tokens of one signed-in owner on one UTC day, over all sessions; 0: no limit."""
    cors_origins: str = ""
    """Comma-separated origins of other pages that may call, or `*`; the deployment's own may always."""
    edge_digests: str = ""
    """Comma-separated SHA-256, in hex, of the secrets that the distribution may show; empty: none is asked for."""
    auth_issuer: str = ""
    auth_audience: str = ""
    default_network: str = "testnet"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Variables that are unset or empty take their defaults."""
        names = {name.upper(): name for name in cls.model_fields}
        return cls.model_validate({names[k]: v for k, v in environment.items() if k in names and v})

"""Credentials, region and endpoint where environment variables say everything, as in a function and on a laptop.

botocore's session knows many more sources. Importing it costs a process 13 MB and a tenth of a second, so it is
imported only where one of them may be used.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_FILES = {"AWS_CONFIG_FILE": "~/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"}
_UNUSUAL = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_SECURITY_TOKEN",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+")
"""The regions of botocore's partition `aws`. Gov and isolated regions have one more part in their names."""


@dataclass(frozen=True, slots=True)
class EnvironmentCredentials:
    """Have the fields and the method of botocore's credentials that signing uses."""

    access_key: str
    """The access key's id (`AWS_ACCESS_KEY_ID`)."""
    secret_key: str = field(repr=False)
    """The secret with which requests are signed (`AWS_SECRET_ACCESS_KEY`)."""
    token: str | None = field(repr=False)
    """The session token of temporary credentials (`AWS_SESSION_TOKEN`); None if there is none."""

    def get_frozen_credentials(self) -> EnvironmentCredentials:
        return self


def credentials_of(environment: Mapping[str, str] = os.environ) -> EnvironmentCredentials | None:
    """Return None if botocore must look elsewhere, or may have to ask for new ones."""
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret or _is_unusual(environment):
        return None
    return EnvironmentCredentials(key, secret, environment.get("AWS_SESSION_TOKEN") or None)


def region_of(environment: Mapping[str, str] = os.environ) -> str | None:
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")


def named_endpoint(service: str, environment: Mapping[str, str] = os.environ) -> str | None:
    return environment.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environment.get("AWS_ENDPOINT_URL")


def endpoint_of(service: str, region: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return None if botocore must resolve the endpoint."""
    if _is_unusual(environment):
        return None
    named = named_endpoint(service, environment)
    if named or not _REGION.fullmatch(region):
        return named or None
    return f"https://{service}.{region}.amazonaws.com"


def _is_unusual(environment: Mapping[str, str]) -> bool:
    """Return whether a profile, a proxy or a special endpoint may be configured. Other systems have proxies outside
    of the environment.
    """
    return (
        sys.platform != "linux"
        or any(environment.get(name) for name in _UNUSUAL)
        or any(name.lower().endswith("_proxy") for name in environment)
        or any(_exists(environment.get(name) or usual) for name, usual in _FILES.items())
    )


def _exists(file: str) -> bool:
    """`os.path` expands `~` even where nobody knows the user's folder; `pathlib` raises an error there."""
    return Path(os.path.expanduser(file)).exists()

"""The endpoint of a service where nothing unusual is configured; botocore resolves all other cases."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.utils import get_environ_proxies

from forge.aws.from_environment import named_endpoint

_OF_BOTOCORE = ("use_fips_endpoint", "use_dualstack_endpoint", "ignore_configured_endpoint_urls")
_OF_A_PROFILE = ("endpoint_url", "services")


def plain_endpoint(
    session: Any, service: str, region: str, environment: Mapping[str, str] = os.environ
) -> str | None:
    """Return the endpoint from the environment, else the region's. None: botocore must resolve it and make the
    calls.
    """
    profile: Mapping[str, Any] = session.get_scoped_config()
    if any(map(session.get_config_variable, _OF_BOTOCORE)) or any(name in profile for name in _OF_A_PROFILE):
        return None
    named = named_endpoint(service, environment)
    url = named or _of_region(session, service, region)
    return None if url is None or _has_proxy(url) else url


def _has_proxy(url: str) -> bool:
    """No proxy reaches an address of this computer itself, whatever NO_PROXY names: it can name no ranges."""
    return not _is_loopback(urlsplit(url).hostname or "") and bool(get_environ_proxies(url))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _of_region(session: Any, service: str, region: str) -> str | None:
    partitions: Any = session.get_component("data_loader").load_data("partitions")["partitions"]
    for partition in partitions:
        if region in partition["regions"] or re.match(partition["regionRegex"], region):
            return f"https://{service}.{region}.{partition['outputs']['dnsSuffix']}"
    return None

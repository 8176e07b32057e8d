"""Keeps the calls between the application's own processes out of a proxy that the computer's owner has configured.

A company's proxy cannot reach this computer's loopback addresses, so nothing would start.
"""

from __future__ import annotations

from collections.abc import Mapping

_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NOTHING_BY_PROXY = "*"


def exceptions_for_loopback(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that name the hosts to call without a proxy, with those of this computer; none without a
    proxy. The variable in small letters has priority, and not every program reads the other one.
    """
    if not any(name.lower() in _PROXIES and value for name, value in environment.items()):
        return {}
    named = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if named.strip() == _NOTHING_BY_PROXY:
        return {}
    hosts = ",".join(filter(None, (named, *_LOOPBACK)))
    return {"no_proxy": hosts, "NO_PROXY": hosts}

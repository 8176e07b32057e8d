"""Accept only requests that come through the distribution, from its own page or an origin that the operator allows.

The distribution adds a secret header, so that nobody can call the APIs' own addresses and bypass its firewall. It
also passes on the host and the viewer's address. `local_dev` stands in for it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from forge.api import dependencies
from forge.errors import Forbidden

EDGE_HEADER = "x-forge-edge"
VIEWER_HEADER = "x-forge-viewer"
HOST_HEADER = "x-forwarded-host"


def check_distribution(headers: Mapping[str, str]) -> None:
    """`headers` with names in lower case. Raises `Forbidden`."""
    _check_edge(headers)
    _check_origin(headers)


def caller_address(headers: Mapping[str, str], source: str) -> str:
    """Return the viewer's address as the distribution reports it; `source` where there is no distribution."""
    return (headers.get(VIEWER_HEADER) if dependencies.settings().edge_digests else None) or source


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _check_edge(headers: Mapping[str, str]) -> None:
    """Several secrets are valid while one replaces another, because the distribution takes minutes to send the new
    one.
    """
    digests = _listed(dependencies.settings().edge_digests)
    given = digest_of(headers.get(EDGE_HEADER, ""))
    if digests and not any(hmac.compare_digest(given, each) for each in digests):
        raise Forbidden("This address is not for use: call the one of the page.")


def _check_origin(headers: Mapping[str, str]) -> None:
    """A browser sends the page's origin. A program need not, and it has no user's session that a page could misuse."""
    origin = headers.get("origin")
    allowed = _listed(dependencies.settings().cors_origins)
    if origin is None or "*" in allowed or origin in allowed:
        return
    if origin.partition("://")[2] != (headers.get(HOST_HEADER) or headers.get("host")):
        raise Forbidden("Pages of this origin may not call here.")


def _listed(text: str) -> list[str]:
    return [each for part in text.split(",") if (each := part.strip())]

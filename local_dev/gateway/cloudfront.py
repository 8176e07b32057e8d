"""A stand-in for CloudFront in front of everything, which also refuses requests of foreign pages.

Every web site that its user opens can reach a laptop's server: by a cross-site request, or by a host name that is
rebound to 127.0.0.1. So a request is refused before anything else looks at it if its Host is not an address,
`localhost` or an allowed name, or if its origin is another one. Other requests get the headers of the template's
distribution.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forge.api.entry.origin_check import EDGE_HEADER, HOST_HEADER, VIEWER_HEADER
from forge.api.entry.security_headers import HEADERS
from local_dev.gateway.http_event import client_address
from local_dev.http_server.answer import Answer
from local_dev.http_server.asgi import refuse
from local_dev.http_server.limits import MANAGEMENT_PATH

API_HOST = b"api.localhost"
"""The host name that functions see. As in the cloud, it is never the viewer's."""
_TOLD = tuple(name.encode() for name in (EDGE_HEADER, HOST_HEADER, VIEWER_HEADER))

_HOST = re.compile(r"(\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(:[0-9]{0,5})?")
_WITHOUT_TLS = b"strict-transport-security"
"""This header has no meaning over plain HTTP (RFC 6797, 7.2)."""
_STARTS = ("http.response.start", "websocket.http.response.start")

ApiHeaders = list[tuple[str, dict[str, str]]]
RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Visitors:
    """Which callers are accepted."""

    hosts: frozenset[str] = frozenset()
    """Names that `Host` may have besides addresses and `localhost`."""
    origins: frozenset[str] = frozenset()
    """The origins of other pages that may call; `*` for any."""

    @classmethod
    def of(cls, hosts: str, origins: Iterable[str]) -> Visitors:
        """`hosts`: names separated by commas."""
        names = frozenset(name.strip().lower() for name in hosts.split(",") if name.strip())
        return cls(names, frozenset(origin.strip() for origin in origins))

    def refusal(self, scope: Scope) -> Answer | None:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return Answer.message(400, "The request must name this server in one header field Host")
        if not self._is_ours(hosts[0]):
            return Answer.message(421, "This server is not known by that host name; FORGE_HOSTS can allow it")
        origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        if all(self._may_call(origin, hosts[0]) for origin in origins):
            return None
        return Answer.message(403, "Pages of this origin may not call here; CORS_ORIGINS can allow them")

    def _is_ours(self, host: str) -> bool:
        """An address cannot be rebound; `localhost` and the names below it always resolve to this computer (RFC
        6761).
        """
        name = _name_of(host)
        return _is_address(name) or name == "localhost" or name.endswith(".localhost") or name in self.hosts

    def _may_call(self, origin: str, host: str) -> bool:
        scheme, _, place = origin.partition("://")
        is_own = scheme in ("http", "https") and place.lower() == host.lower()
        return is_own or "*" in self.origins or any(fnmatchcase(origin, each) for each in self.origins)


@dataclass(frozen=True, slots=True)
class Front:
    """An application around the gateway."""

    app: ASGIApp
    """The gateway."""
    visitors: Visitors
    """The callers that are accepted."""
    secret: str
    """What the distribution shows the APIs."""
    headers: ApiHeaders
    """The response headers of the template's distribution."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        send = self._with_headers(scope["path"], send)
        if refusal := self.visitors.refusal(scope):
            await refuse(scope, receive, send, refusal)
            return
        if scope["path"].startswith(f"{MANAGEMENT_PATH}/"):  # for the worker, not for viewers
            await self.app(scope, receive, send)
            return
        await self.app(self._told(scope), receive, send)

    def _told(self, scope: Scope) -> Scope:
        """Remove headers from the viewer's request that only the distribution sets."""
        host = next(value for name, value in scope["headers"] if name == b"host")
        kept = [(name, value) for name, value in scope["headers"] if name not in (b"host", *_TOLD)]
        values = (self.secret.encode(), host, self._viewer(scope))
        return {**scope, "headers": [(b"host", API_HOST), *kept, *zip(_TOLD, values, strict=True)]}

    def _viewer(self, scope: Scope) -> bytes:
        """A caller that shows the secret is the operator's own proxy, so its statement of the viewer's address is
        accepted.
        """
        told = dict(scope["headers"])
        if hmac.compare_digest(told.get(EDGE_HEADER.encode(), b""), self.secret.encode()):
            return told.get(VIEWER_HEADER.encode()) or client_address(scope).encode()
        return client_address(scope).encode()

    def _with_headers(self, path: str, send: Send) -> Send:
        """Replace the answer's headers by the distribution's for this path, and add those of `hardening` to every
        answer.
        """
        nothing: dict[str, str] = {}
        found = next((each for pattern, each in self.headers if fnmatchcase(path, pattern)), nothing)

        async def sending(message: Message) -> None:
            if message["type"] in _STARTS:
                own = {name.lower() for name, _ in message.get("headers", [])}
                missing = {name: value for name, value in HEADERS.items() if name.encode() not in own}
                message = {**message, "headers": _replaced(message.get("headers", []), missing | found)}
            await send(message)

        return sending


def _replaced(headers: RawHeaders, new: dict[str, str]) -> RawHeaders:
    added = [(name.encode(), value.encode("latin-1")) for name, value in new.items()]
    kept = [pair for pair in headers if pair[0].lower() not in dict(added)]
    return [pair for pair in [*kept, *added] if pair[0].lower() != _WITHOUT_TLS]


def _name_of(host: str) -> str:
    """Return the host without the port, the brackets of an IPv6 address and a trailing dot.

    It is empty for a Host of another form (RFC 9110, 7.2), such as one with a user or with text behind the port.
    """
    match = _HOST.fullmatch(host)
    return (match["address"] or match["name"]).removesuffix(".").lower() if match else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

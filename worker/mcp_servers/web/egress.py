"""Limits tool connections to the public Internet and the hosts that the operator named.

The check runs where the socket is made, on the address that it connects to. So a name is resolved only once, and
neither a redirect, an unusual spelling of an address, nor a name that resolves differently the second time can bypass
it.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any, cast

import aiohttp
from yarl import URL

_NOT_ROUTED = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("192.88.99.0/24"))
"""Ranges of IANA's special-purpose registry that `is_global` partly allows: protocol assignments and the 6to4 relay."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_DOCUMENTATION = ipaddress.ip_network("3fff::/20")


class EgressRefused(OSError):
    """The address is not on the public Internet."""

    def __init__(self) -> None:
        # One constant text, because the connector keeps the error's type only if all addresses fail with the same
        # text.
        super().__init__("refused: not a public address")


@dataclass(frozen=True, slots=True)
class Egress:
    """The addresses that a tool may connect to besides the public Internet."""

    hosts: frozenset[str] = frozenset()
    """Lower-case host names that may have any address: those of configured URLs and of FORGE_EGRESS_HOSTS."""
    allow_private: bool = False
    """True if every address is allowed, for tests and closed networks."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], urls: Iterable[str] = ()) -> Egress:
        named = environment.get("FORGE_EGRESS_HOSTS", "").split(",")
        configured = (URL(url).host or "" for url in urls)
        return cls(
            hosts=frozenset(host.strip().lower() for host in (*named, *configured) if host.strip()),
            allow_private=environment.get("FORGE_ALLOW_PRIVATE_EGRESS", "").lower() in {"1", "true", "yes"},
        )

    def is_trusted(self, url: URL) -> bool:
        return self.allow_private or (url.host or "").lower() in self.hosts


def guarded_connector() -> aiohttp.TCPConnector:
    """Connects to public addresses only, and never shares its connections with another connector."""
    return aiohttp.TCPConnector(limit=32, socket_factory=_public_socket)


def is_public(address: str) -> bool:
    """Check the IPv4 address inside an IPv6 form too. An address that is in no public range is not public."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    embedded = _embedded(parsed)
    own = isinstance(parsed, IPv4Address) or (parsed in _GLOBAL_UNICAST and parsed not in _DOCUMENTATION)
    return (own or bool(embedded)) and all(_is_routed(address) for address in (parsed, *embedded))


def _is_routed(address: IPv4Address | IPv6Address) -> bool:
    special = address.is_multicast or any(address in network for network in _NOT_ROUTED)
    return address.is_global and not special


def _embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    nat64 = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return [a for a in (address.ipv4_mapped, address.sixtofour, nat64) if a is not None]


def _public_socket(addr_info: Any) -> socket.socket:
    family, kind, protocol, _, address = cast("tuple[int, int, int, str, tuple[Any, ...]]", addr_info)
    if not is_public(str(address[0])):
        raise EgressRefused
    return socket.socket(family=family, type=kind, proto=protocol)

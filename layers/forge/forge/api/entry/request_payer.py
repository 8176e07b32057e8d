"""Decide who is charged for a request: its owner, or the address prefix of an anonymous caller."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from forge.api import dependencies
from forge.api.entry.origin_check import caller_address
from forge.models.caller import Caller
from forge.models.request_prices import FREE, Price, price_of_bytes
from forge.models.session_key import ANONYMOUS

_PREFIX_BITS = {4: 24, 6: 56}
"""Providers usually give one customer at most an IPv4 /24 or an IPv6 /56 (RIPE-690, section 4.2)."""
_UNKNOWN = "unknown"


def with_payer(caller: Caller, headers: Mapping[str, str], source: str) -> Caller:
    """`source`: the caller's address as the gateway reports it."""
    payer = _payer(caller.owner, caller_address(headers, source))
    return caller._replace(payer=payer_digest(payer) if payer else "")


def charge_request(caller: Caller, price: Price) -> None:
    """Charge the caller for the request. Raises `RateLimited`."""
    dependencies.store().admission.admit(caller.payer or None, price)


def charge_bytes(payer: str, size: int) -> None:
    """Charge for the size of an answer, in addition to the price of its request. Raises `RateLimited`."""
    price = price_of_bytes(size)
    if price != FREE:
        dependencies.store().admission.admit(payer or None, price)


def payer_digest(payer: str) -> str:
    """The queue and the table know a payer by this digest, because they need no addresses."""
    return hashlib.sha256(payer.encode()).hexdigest()[:32]


def _payer(owner: str, address: str) -> str | None:
    return prefix_of(address) if owner == ANONYMOUS else f"owner#{owner}"


def prefix_of(address: str) -> str | None:
    """Name the prefix that one customer can call from. None for a loopback address: its user is the operator."""
    try:
        parsed = ip_address(address.strip().strip("[]").partition("%")[0])
    except ValueError:
        return f"address#{_UNKNOWN}"
    plain: IPv4Address | IPv6Address = getattr(parsed, "ipv4_mapped", None) or parsed
    if plain.is_loopback:
        return None
    return f"address#{ip_network((plain, _PREFIX_BITS[plain.version]), strict=False)}"

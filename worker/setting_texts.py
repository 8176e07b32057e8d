"""URLs and keys among the variables. No message quotes one, because both may be secrets."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from forge.errors import InvalidRequest

NO_URL = "it must be an http:// or https:// URL"
NO_KEY = "it has a line break or a letter outside of ASCII, which no request can carry; paste it again"


def http_url(environment: Mapping[str, str], name: str, default: str = "") -> str:
    """Return the variable's value; the default if it is unset or empty. Raises `InvalidRequest`."""
    text = environment.get(name, "").strip()
    if text and not is_http_url(text):
        raise InvalidRequest(f"{name} cannot be used: {NO_URL}.")
    return text or default


def is_http_url(text: str) -> bool:
    """Return whether a request can be made to the URL, provided that the host exists."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and host.split() == [host] and port != 0


def key(environment: Mapping[str, str], name: str) -> str:
    """Return the key that a provider has issued; empty if it is unset. Raises `InvalidRequest`."""
    text = environment.get(name, "").strip()
    if not (text.isascii() and text.isprintable()):
        raise InvalidRequest(f"{name} cannot be used: {NO_KEY}.")
    return text

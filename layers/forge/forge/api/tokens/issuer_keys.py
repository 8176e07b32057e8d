"""The issuer's published keys (OpenID Connect discovery), each set trusted for a few minutes only.

There is no other cache. A key that the issuer has withdrawn stops working when the set is fetched again, even while
the issuer is out of reach, because a set that is too old is not used.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, cast
from urllib.parse import urlsplit

import urllib3

from forge.errors import IdentityUnavailable
from forge.settings import is_safe_issuer

KEYS_MS = 300_000
"""How long a set of keys is trusted: half of the ten minutes within which a withdrawn key must stop working."""
AGAIN_MS = 30_000
"""An unknown key id causes a fetch at most this often; issuers publish a key before they use it."""
REST_MS = 5_000
"""After a failed fetch, callers get the error immediately for this long."""
DOCUMENT_LIMIT = 262_144
_TIMEOUT_SECONDS = 3.0
"""Time limit for each part of a request: to connect, and to wait for the next bytes."""
_WHOLE_SECONDS = 4.0
"""Time limit of a whole request, of which a key needs two. Most functions may take 10 seconds."""

Jwk = dict[str, Any]
Fetch = Callable[[str], Any]
Clock = Callable[[], int]


class IssuerKeys:
    """`fetch` reads a JSON document."""

    def __init__(self, issuer: str, clock: Clock, fetch: Fetch | None = None) -> None:
        self._issuer, self._clock = issuer, clock
        self._fetch = fetch or fetch_json
        self._keys: dict[str, Jwk] = {}
        self._fetched: int | None = None
        self._failed: int | None = None
        self._fetching = Lock()

    def key(self, key_id: str) -> Jwk | None:
        """Return the key; None if the issuer has no key with this id. Raises `IdentityUnavailable`."""
        with self._fetching:
            age = None if self._fetched is None else self._clock() - self._fetched
            if age is None or age >= KEYS_MS or (key_id not in self._keys and age >= AGAIN_MS):
                self._renew()
            return self._keys.get(key_id)

    def _renew(self) -> None:
        now = self._clock()
        if self._failed is not None and now - self._failed < REST_MS:
            raise _out_of_reach()
        try:
            keys = self._published()
        except IdentityUnavailable:
            self._failed = now
            raise
        self._keys, self._fetched, self._failed = keys, now, None

    def _published(self) -> dict[str, Jwk]:
        configuration = _object(self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"))
        address = configuration.get("jwks_uri")
        if not isinstance(address, str) or not is_safe_issuer(address):
            raise IdentityUnavailable("The identity provider publishes no keys.", retry_after=5)
        if configuration.get("issuer") != self._issuer:
            raise IdentityUnavailable("The identity provider calls itself by another name.", retry_after=5)
        keys: Any = _object(self._fetch(address)).get("keys")
        if not isinstance(keys, list):
            raise IdentityUnavailable("The identity provider publishes no keys.", retry_after=5)
        found = map(_object, cast(list[Any], keys))
        return {each["kid"]: each for each in found if _signs(each)}


def _object(document: Any) -> Jwk:
    return cast(Jwk, document) if isinstance(document, dict) else {}


def _signs(key: Jwk) -> bool:
    return isinstance(key.get("kid"), str) and key.get("use", "sig") == "sig"


def fetch_json(address: str, whole_seconds: float = _WHOLE_SECONDS) -> Any:
    """Redirects are not followed, because a document at another address is not the issuer's. Raises
    `IdentityUnavailable`.

    All callers wait for it. urllib3 limits the time of each part only, so a name server that does not answer, or an
    issuer that sends a byte at a time, would hold them.
    """
    found: SimpleQueue[Any] = SimpleQueue()
    Thread(target=lambda: found.put(_answered(address)), name="issuer's document", daemon=True).start()
    try:
        answer = found.get(timeout=whole_seconds)
    except Empty:
        raise _out_of_reach() from None
    if isinstance(answer, IdentityUnavailable):
        raise answer
    return answer


def _answered(address: str) -> Any:
    try:
        return _document(address)
    except IdentityUnavailable as error:
        return error


def _document(address: str) -> Any:
    if not urlsplit(address).hostname:
        raise _out_of_reach()
    try:
        with urllib3.PoolManager(timeout=_TIMEOUT_SECONDS, retries=False) as pool:
            answer = pool.request("GET", address, preload_content=False, redirect=False)
            body = answer.read(DOCUMENT_LIMIT + 1) if answer.status == 200 else b""
            answer.close()
        return json.loads(body) if 0 < len(body) <= DOCUMENT_LIMIT else {}
    except (ValueError, RecursionError):
        return {}
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise _out_of_reach() from error


def _out_of_reach() -> IdentityUnavailable:
    return IdentityUnavailable("The identity provider is out of reach.", retry_after=5)

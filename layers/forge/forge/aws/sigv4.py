"""AWS Signature Version 4 for the requests to one endpoint.

botocore's signer derives its key and writes the canonical headers for each request, which is a third of a frame's
cost. The key is valid for a day, and most of the headers never change. The signature's input is described in
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from time import gmtime, strftime, time
from typing import Protocol
from urllib.parse import quote, urlsplit

CONTENT_TYPE = "application/octet-stream"
_NO_FIELDS: Mapping[str, str] = {}
_ALGORITHM = "AWS4-HMAC-SHA256"
_BLOCK_BYTES = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Frozen(Protocol):
    """botocore's frozen credentials."""

    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def token(self) -> str | None: ...


class _Hmac:
    """HMAC-SHA256 (RFC 2104) with a key that is prepared once.

    `hmac.digest` prepares the key for each message and releases the interpreter's lock, for which the event loop then
    has to wait.
    """

    def __init__(self, key: bytes) -> None:
        block = (sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")
        self._inner, self._outer = sha256(block.translate(_INNER)), sha256(block.translate(_OUTER))

    def digest(self, message: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


@dataclass(frozen=True, slots=True)
class _Day:
    """What all requests of one day share while the credentials stay the same."""

    name: str
    frozen: Frozen
    scope: str
    hmac: _Hmac


@dataclass(frozen=True, slots=True)
class _Same:
    """What the requests of one second with the same header fields share."""

    sent: Mapping[str, str]
    fields: str
    beginning: str
    authorization: str
    hmac: _Hmac


class RequestSigner:
    """`url` is the beginning of every signed address. `now`: seconds since the epoch."""

    def __init__(
        self,
        url: str,
        region: str,
        service: str,
        now: Callable[[], float] = time,
        content_type: str = CONTENT_TYPE,
    ) -> None:
        self.host = host_of(url)
        self._content_type = content_type
        self._region, self._service, self._now = region, service, now
        self._day: _Day | None = None
        self._stamped: tuple[int, str] = (-1, "")
        self._known: tuple[str, Frozen | None, dict[tuple[tuple[str, str], ...], _Same]] = ("", None, {})

    def headers(
        self,
        path: str,
        body: bytes,
        frozen: Frozen,
        more: Mapping[str, str] = _NO_FIELDS,
        method: str = "POST",
    ) -> dict[str, str]:
        """Return the headers to send in addition to Host. `path` is sent as it is; none of its segments is empty, `.`
        or `..`.

        `more`: header fields of this request, which are signed too.
        """
        same = self._same(frozen, more)
        canonical = f"{method}\n{_canonical(path)}\n\n{same.fields}\n{sha256(body).hexdigest()}"
        text = f"{same.beginning}{sha256(canonical.encode()).hexdigest()}"
        return {**same.sent, "Authorization": f"{same.authorization}{same.hmac.digest(text.encode()).hex()}"}

    def _same(self, frozen: Frozen, more: Mapping[str, str]) -> _Same:
        """Several threads may look at once; each uses what it has found."""
        stamp, known = self._stamp(), self._known
        if (stamp, frozen) != known[:2]:
            known = self._known = (stamp, frozen, {})
        name = tuple(more.items())
        if (same := known[2].get(name)) is None:
            same = known[2][name] = self._prepared(stamp, frozen, more)
        return same

    def _prepared(self, stamp: str, frozen: Frozen, more: Mapping[str, str]) -> _Same:
        day = self._of(stamp[:8], frozen)
        sent = {"Content-Type": self._content_type, "X-Amz-Date": stamp, **more}
        if frozen.token:
            sent["X-Amz-Security-Token"] = frozen.token
        fields = sorted([("host", self.host), *((name.lower(), value) for name, value in sent.items())])
        names = ";".join(name for name, _ in fields)
        lines = "\n".join(f"{name}:{value}" for name, value in fields)
        credential = f"{frozen.access_key}/{day.scope}"
        return _Same(
            sent=sent,
            fields=f"{lines}\n\n{names}",
            beginning=f"{_ALGORITHM}\n{stamp}\n{day.scope}\n",
            authorization=f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature=",
            hmac=day.hmac,
        )

    def _stamp(self) -> str:
        second = int(self._now())
        if second != self._stamped[0]:
            self._stamped = (second, strftime("%Y%m%dT%H%M%SZ", gmtime(second)))
        return self._stamped[1]

    def _of(self, name: str, frozen: Frozen) -> _Day:
        known = self._day
        if known is None or known.name != name or known.frozen != frozen:
            scope = f"{name}/{self._region}/{self._service}/aws4_request"
            key = f"AWS4{frozen.secret_key}".encode()
            for part in scope.split("/"):
                key = _Hmac(key).digest(part.encode())
            known = self._day = _Day(name, frozen, scope, _Hmac(key))
        return known


@lru_cache(maxsize=1_024)
def _canonical(path: str) -> str:
    """Encode a path once more, as the signature wants it. A connection's frames all have the same."""
    return quote(path, safe="/~")


def host_of(url: str) -> str:
    """Return the Host header for `url`, in lower case and without the scheme's default port."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    return host if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{parts.port}"

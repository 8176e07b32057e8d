"""The credential of one start: the table and the queues answer only requests of this start's own processes."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credential:
    """The access key of this start's own processes."""

    access_key: str = field(repr=False)
    """A secret of this start. It is read from the signature's scope; the signature itself is not verified."""

    @classmethod
    def fresh(cls) -> Credential:
        return cls(f"LOCAL{secrets.token_hex(16).upper()}")

    def refusal(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """Return why a request with these headers (names in lower case) is refused; None if it is one of this start's
        own.

        A browser adds `Origin` to a page's cross-site request with custom headers; programs never send it.
        """
        told = list(headers)
        if any(name == b"origin" for name, _ in told):
            return "Pages may not call this address"
        signatures = [value for name, value in told if name == b"authorization"]
        begin = f"AWS4-HMAC-SHA256 Credential={self.access_key}/".encode()
        if len(signatures) == 1 and hmac.compare_digest(signatures[0][: len(begin)], begin):
            return None
        return "The request is not signed with this start's access key"

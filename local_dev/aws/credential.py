"""The credential of one start: only what this start's own processes send is answered by the table and the queues."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credential:
    """`access_key`: a secret of this start. It is looked up in the signature's scope; the signature is not computed."""

    access_key: str = field(repr=False)

    @classmethod
    def fresh(cls) -> Credential:
        return cls(f"LOCAL{secrets.token_hex(16).upper()}")

    def refusal(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """Why a request with these headers (names in lower case) is refused; None: it is one of this start's own.

        A browser adds `Origin` to whatever a page of another site sends with a header of its own, and programs never.
        """
        told = list(headers)
        if any(name == b"origin" for name, _ in told):
            return "Pages may not call this address"
        signatures = [value for name, value in told if name == b"authorization"]
        begin = f"AWS4-HMAC-SHA256 Credential={self.access_key}/".encode()
        if len(signatures) == 1 and hmac.compare_digest(signatures[0][: len(begin)], begin):
            return None
        return "The request is not signed with this start's access key"

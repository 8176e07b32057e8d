"""Whose a session is: its owner is part of its key, so nothing has to check whether a caller may reach it.

A caller's own keys are made of what `forge.api.authentication` found.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from urllib.parse import quote, unquote

ANONYMOUS = "anonymous"
PARTITION_PREFIX = "session#"
_DIGEST_LETTERS = 16


def key_digest(partition: str) -> str:
    """Return the first characters of the SHA-256 of a partition key; `docs/operations.md` says how to find the item."""
    return hashlib.sha256(partition.encode()).hexdigest()[:_DIGEST_LETTERS]


class SessionKey(NamedTuple):
    """A session's owner and id. Together they form the partition key, so a caller can never reach the session of
    another owner.
    """

    owner: str
    """The subject of the owner's token, or `anonymous`."""
    session_id: str
    """The session's id."""

    def __str__(self) -> str:
        return f"{quote(self.owner, safe='')}#{self.session_id}"

    @property
    def partition(self) -> str:
        """The partition key of all of the session's items."""
        return f"{PARTITION_PREFIX}{self}"

    @property
    def digest(self) -> str:
        """A name for the session in logs. Its id must not be logged, because whoever reads the id can use the
        session.
        """
        return key_digest(self.partition)

    @classmethod
    def parse(cls, text: str) -> SessionKey:
        owner, _, session_id = text.partition("#")
        return cls(unquote(owner), session_id)

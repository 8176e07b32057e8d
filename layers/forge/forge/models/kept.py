"""The data that remains after a deletion, with the reason for each kind."""

from __future__ import annotations

from collections.abc import Sequence

from forge.models.account import Kept

_DAY = 86_400

KEPT: Sequence[Kept] = (
    Kept(kind="rate_counters", seconds=2 * 3_600, why="Deleting gives nobody new requests: numbers only."),
    Kept(
        kind="token_counts",
        seconds=4 * _DAY,
        why="Deleting gives nobody new LLM tokens or sums to send: numbers for each day.",
    ),
    Kept(
        kind="request_records",
        seconds=_DAY,
        why="A repeated request is not carried out again: digests, ids, and what a deletion counted.",
    ),
    Kept(kind="adoption_records", seconds=_DAY, why="A session is taken over once: ids."),
    Kept(
        kind="queue_messages", seconds=14 * _DAY, why="Messages of the queue and dead letters hold ids only."
    ),
    Kept(
        kind="backups", seconds=35 * _DAY, why="The table can be restored to any second of the last 35 days."
    ),
    Kept(
        kind="logs", seconds=None, why="Logs hold ids and sizes, no contents; the operator decides how long."
    ),
    Kept(kind="transactions", seconds=None, why="What was sent to a chain is public for ever."),
    Kept(kind="llm_provider", seconds=None, why="What the LLM's provider was sent is under its own terms."),
    Kept(kind="login", seconds=None, why="The login itself is the identity provider's."),
)
"""The data that remains after the deletion of an account."""

KEPT_OF_A_SESSION: Sequence[Kept] = tuple(each for each in KEPT if each.kind != "login")
"""The data that remains after the deletion of one session."""

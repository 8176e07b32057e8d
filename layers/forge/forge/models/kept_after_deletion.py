"""The data that remains after a deletion, with the reason for each kind."""

from __future__ import annotations

from collections.abc import Sequence

from forge.models.account import Kept

_DAY = 86_400

KEPT: Sequence[Kept] = (
    Kept(
        kind="rate_counters",
        seconds=2 * 3_600,
        why="A deletion does not reset rate limits; only numbers stay.",
    ),
    Kept(
        kind="token_counts",
        seconds=4 * _DAY,
        why="A deletion does not reset the daily limits of LLM tokens and of sent sums; only numbers stay.",
    ),
    Kept(
        kind="request_records",
        seconds=_DAY,
        why="They prevent a repeated request from being carried out again: digests, ids and a deletion's counts.",
    ),
    Kept(
        kind="adoption_records",
        seconds=_DAY,
        why="They prevent a session from being taken over twice: ids only.",
    ),
    Kept(
        kind="queue_messages",
        seconds=14 * _DAY,
        why="Messages of the queue and dead letters contain ids only.",
    ),
    Kept(
        kind="backups", seconds=35 * _DAY, why="The table can be restored to any second of the last 35 days."
    ),
    Kept(
        kind="logs",
        seconds=None,
        why="Logs contain ids and sizes, no contents; the operator decides how long they stay.",
    ),
    Kept(kind="transactions", seconds=None, why="What was sent to a chain is public forever."),
    Kept(kind="llm_provider", seconds=None, why="The LLM provider's own terms apply to what was sent to it."),
    Kept(kind="login", seconds=None, why="The identity provider keeps the login itself."),
)
"""The data that remains after the deletion of an account."""

KEPT_OF_A_SESSION: Sequence[Kept] = tuple(each for each in KEPT if each.kind != "login")
"""The data that remains after the deletion of one session."""

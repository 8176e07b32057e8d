"""Decides which run a worker's death is charged to.

An attempt counts against its run only if it stored nothing, was not handed over, and ran beside no run that is more
suspect. An attempt that stored something clears its run, because the run got further than the point at which the
earlier attempts died. A run is a suspect once two attempts in a row have counted against it.

Suspects may begin on the same worker, so that a machine that loses two workers keeps nobody waiting. If a worker dies
with several suspects in question, the death does not count against any of them, and from then on each is tried alone:
a worker holds it beside no other suspect that is still in question, so that a further death counts against that one.
An item per worker names its suspects.

A suspect is in question until its attempt stores something, or has lasted longer than every attempt that counts
against it, because a run that kills its workers does so after about the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from forge.dynamodb.codec import Item, Key
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.session_key import SessionKey
from forge.models.timing import LEASE_MS, RENEW_MS
from forge.store import keys
from forge.store.config import CONTENTION_TRIES
from forge.store.stored.lenient_reading import plain

SUSPECT_STRIKES = 2
_KEPT_SECONDS = 3_600
_MOST_BESIDE = 20
"""An item with more suspects than one machine can run would be large, so a further suspect waits."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What counts against an active run."""

    strikes: int
    """The number of attempts in a row that count against it."""
    lived: int
    """The longest time that one of these attempts can have lasted, in milliseconds."""
    is_alone: bool
    """True if the run was one of several suspects when a worker died, so it is tried alone."""

    @property
    def is_suspect(self) -> bool:
        return self.strikes == SUSPECT_STRIKES


def charged(table: Table, old: Item) -> Charge:
    """The charge against the active run of the hot item `old` after its last attempt has ended."""
    if has_progressed(old):
        return Charge(strikes=0, lived=0, is_alone=False)
    before, was_handed_over = _charge(old), old["lease_until"] == 0
    if was_handed_over:
        return before
    if _ran_beside_a_suspect(table, old):
        return replace(before, is_alone=before.is_suspect)
    return Charge(before.strikes + 1, max(before.lived, _life(old)), before.is_alone)


def _charge(hot: Item) -> Charge:
    strikes, lived = plain(hot.get("strikes"), int, 0), plain(hot.get("lived"), int, 0)
    return Charge(strikes, lived, plain(hot.get("alone"), bool, False))


def has_progressed(item: Item) -> bool:
    """Whether the active run has stored a message or an entry of the LLM history since its attempt began."""
    stored = plain(item.get("logged"), int, 0) + plain(item.get("history_count"), int, 0)
    return stored > plain(item.get("mark"), int, stored)


def hold_suspect(table: Table, worker: str, key: SessionKey, run_id: str, charge: Charge, now: int) -> bool:
    """Add the run to the suspects of `worker`. Returns False while the worker holds other suspects and one of
    them, or this run, is tried alone, and when the worker holds the most suspects.
    """
    me: Item = {"session_key": str(key), "run_id": run_id, "alone": charge.is_alone}
    for _ in range(CONTENTION_TRIES):
        known = table.get(keys.single("worker", worker))
        others = [
            each
            for each in _named(known)
            if each.get("run_id") != run_id and _is_in_question(table, each, worker, now)
        ]
        is_one_alone = any(each.get("alone") for each in [*others, me])
        if len(others) == _MOST_BESIDE or (others and is_one_alone):
            return False
        if _name(table, worker, known, [*others, me], now):
            return True
    return False


def _name(table: Table, worker: str, known: Item | None, suspects: list[Item], now: int) -> bool:
    """Store the suspects. Returns False if another run of the worker was named after `known` was read."""
    seen = plain((known or {}).get("namings"), int, 0)
    change = ConditionalWrite().set(
        suspects=suspects, namings=seen + 1, expires_at=now // 1_000 + _KEPT_SECONDS
    )
    change.when("attribute_not_exists(namings) OR namings = :seen", seen=seen)
    try:
        table.update(keys.single("worker", worker), change)
    except ConditionFailed:
        return False
    return True


def _named(known: Item | None) -> list[Item]:
    """Return the named suspects. An item of an older version names none: its worker has ended by now or holds its
    suspect alone.
    """
    return [each for each in plain((known or {}).get("suspects"), list, []) if isinstance(each, dict)]


def _ran_beside_a_suspect(table: Table, old: Item) -> bool:
    """Whether the attempt ran beside a run that is at least as suspect. If the run itself was a suspect, another
    suspect counts unless it has completed since. If it was not, another suspect counts only while it is in
    progress.
    """
    worker = old["worker"]
    named = _named(table.get(keys.single("worker", worker))) if worker else []
    others = [each for each in named if each.get("run_id") != old["active_id"]]
    if len(others) < len(named):
        return any(not _has_completed(each, table.get(_hot(each))) for each in others)
    return any(_is_held_by(each, table.get(_hot(each)), worker) for each in others)


def _has_completed(suspect: Item, hot: Item | None) -> bool:
    outcomes = plain((hot or {}).get("recent"), dict, {})
    return outcomes.get(suspect.get("run_id")) == "completed"


def _is_in_question(table: Table, suspect: Item, worker: str, now: int) -> bool:
    hot = table.get(_hot(suspect))
    if hot is None or hot.get("worker") != worker or not _is_held_by(suspect, hot, worker):
        return False
    if has_progressed(hot):
        return False
    return now - _claimed_at(hot) <= plain(hot.get("lived"), int, 0)


def _is_held_by(suspect: Item, hot: Item | None, worker: str) -> bool:
    """Whether the named run is still in progress, on `worker` or on a worker that took it over from there."""
    return (
        hot is not None
        and hot.get("active_id") == suspect.get("run_id")
        and worker in (hot.get("worker"), hot.get("taken_from"))
    )


def _life(old: Item) -> int:
    """Return how long the attempt lasted at most, in milliseconds: a worker that was alive when it last renewed the
    lease would have renewed it again after `RENEW_MS`.
    """
    return max(0, old["lease_until"] - LEASE_MS + RENEW_MS - _claimed_at(old))


def _claimed_at(hot: Item) -> int:
    """When the attempt was claimed. The first attempt has no such time, so the run's start counts."""
    return plain(hot.get("claimed_at"), int, plain(hot.get("started_at"), int, 0))


def _hot(suspect: Item) -> Key:
    return keys.hot(SessionKey.parse(plain(suspect.get("session_key"), str, "")))

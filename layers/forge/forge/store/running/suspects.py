"""Which run a worker's death is charged to.

An attempt counts against its run only when it stored nothing, was not handed over, and ran beside no run that is more
suspect than itself. A run of which two attempts have counted is a suspect. Of those that are still in question a worker
holds one at a time, named in an item of the worker's own, so that a further death convicts that one and nobody beside
it. A suspect is in question until its attempt stores something, or has lasted longer than any that counts against it:
what kills its workers does so in about the same time again.
"""

from __future__ import annotations

from forge.dynamodb.codec import Item, Key
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.ids import SessionKey
from forge.models.timing import LEASE_MS, RENEW_MS
from forge.store import keys
from forge.store.stored.lenient import plain

SUSPECT_STRIKES = 2
_KEPT_SECONDS = 3_600


def charged(table: Table, old: Item) -> tuple[int, int]:
    """How many attempts count against the active run of the hot item `old`, once its last attempt is over, and how
    many milliseconds the longest of them lasted at most.
    """
    strikes, lived = plain(old.get("strikes"), int, 0), plain(old.get("lived"), int, 0)
    was_handed_over = old["lease_until"] == 0
    if was_handed_over or has_progressed(old) or _ran_beside_a_suspect(table, old):
        return strikes, lived
    return strikes + 1, max(lived, _life(old))


def has_progressed(item: Item) -> bool:
    """Whether the active run has stored a message or an entry of the LLM history since its attempt began."""
    stored = plain(item.get("logged"), int, 0) + plain(item.get("history_count"), int, 0)
    return stored > plain(item.get("mark"), int, stored)


def hold_suspect(table: Table, worker: str, key: SessionKey, run_id: str, now: int) -> bool:
    """Name the run as the one suspect of `worker`; False while it holds another one that is in question."""
    item_key = keys.single("worker", worker)
    known = table.get(item_key)
    if known and known.get("run_id") != run_id and _is_in_question(table, known, worker, now):
        return False
    change = ConditionalWrite().set(
        session_key=str(key), run_id=run_id, expires_at=now // 1_000 + _KEPT_SECONDS
    )
    if known:
        change.when("run_id = :seen", seen=known.get("run_id"))
    else:
        change.when("attribute_not_exists(pk)")
    try:
        table.update(item_key, change)
    except ConditionFailed:
        return False
    return True


def _ran_beside_a_suspect(table: Table, old: Item) -> bool:
    worker = old["worker"]
    known = table.get(keys.single("worker", worker)) if worker else None
    if not known or known.get("run_id") == old["active_id"]:
        return False
    return _is_held_by(known, table.get(_hot(known)), worker)


def _is_in_question(table: Table, known: Item, worker: str, now: int) -> bool:
    hot = table.get(_hot(known))
    if hot is None or hot.get("worker") != worker or not _is_held_by(known, hot, worker):
        return False
    if has_progressed(hot):
        return False
    return now - _claimed_at(hot) <= plain(hot.get("lived"), int, 0)


def _is_held_by(known: Item, hot: Item | None, worker: str) -> bool:
    """Whether the named run is still in progress, on `worker` or as taken over from it."""
    return (
        hot is not None
        and hot.get("active_id") == known.get("run_id")
        and worker in (hot.get("worker"), hot.get("taken_from"))
    )


def _life(old: Item) -> int:
    """A worker that was alive when it renewed the lease last would have renewed it again soon."""
    return max(0, old["lease_until"] - LEASE_MS + RENEW_MS - _claimed_at(old))


def _claimed_at(hot: Item) -> int:
    """Of the attempt; that of the first one is the run's own beginning."""
    return plain(hot.get("claimed_at"), int, plain(hot.get("started_at"), int, 0))


def _hot(known: Item) -> Key:
    return keys.hot(SessionKey.parse(plain(known.get("session_key"), str, "")))

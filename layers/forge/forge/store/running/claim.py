"""Claiming: one attempt at a time has the right to write a run, and each attempt has a larger fencing token."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import ClaimContended, LeaseHeld, RunGone, SuspectHeld
from forge.models.lease import is_held
from forge.models.run import RunMessage
from forge.models.timing import LEASE_MS, TAKEOVER_GRACE_MS
from forge.models.work import Lease
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.config import CONTENTION_TRIES, StoreConfig
from forge.store.running.lost_workers import Charge, charged, hold_suspect
from forge.store.running.transitions import running
from forge.store.stored.item_repair import whole
from forge.store.stored.session_item import session_of
from forge.store.stored.session_lifetime import alive


@dataclass(frozen=True, slots=True)
class Claimer:
    """One claim."""

    table: Table
    """The DynamoDB table."""
    config: StoreConfig
    """The store's configuration."""
    now: int
    """The time in epoch milliseconds. It is read after the item that `next` gets, because a lease that began later
    would seem to end too far ahead.
    """
    message: RunMessage
    """The run to claim."""
    worker: str
    """The id of the claiming worker."""
    token: str
    """Distinguishes this claim's own write, if its response was lost, from another worker's write."""

    def start(self, run_id: str) -> ConditionalWrite:
        """Make the head of the inbox the active run."""
        return (
            self._own()
            .named(run=run_id)
            .assign("active = inbox.#run")
            .remove("inbox.#run", "inbox_order[0]")
            .set(active_id=run_id, attempt=1, started_at=self.now, input_logged=False, shown_results=[])
            .set(strikes=0)
            .assign("history_base = history_count")
            .remove("taken_from", "claimed_at", "lived", "alone")
            .when("attribute_not_exists(active_id)", "inbox_order[0] = :active_id")
        )

    def take_over(self, old: Item) -> ConditionalWrite:
        """Begin the next attempt at an abandoned run, whose streaming text starts again. A lease that was renewed
        meanwhile refuses it. Raises `SuspectHeld`.
        """
        charge = charged(self.table, old)
        if charge.is_suspect and not self._hold_suspect(old["active_id"], charge):
            raise SuspectHeld
        return (
            self._own()
            .assign("attempt = attempt + :one")
            .set(strikes=charge.strikes, lived=charge.lived, alone=charge.is_alone)
            .set(claimed_at=self.now, taken_from=old["worker"])
            .when("active_id = :run AND fence = :seen", run=old["active_id"], seen=old["fence"])
            .when("lease_until = :ended", ended=old["lease_until"])
        )

    def next(self, old: Item | None) -> ConditionalWrite:
        """Return the run to claim instead. Raises `RunGone`, `LeaseHeld`, `SuspectHeld`."""
        if old is None or not alive(old, self.now) or old.get("generation") != self.message.generation:
            raise RunGone
        whole(old)
        if self.message.run_id != old.get("active_id") and self.message.run_id not in old["inbox"]:
            raise RunGone
        if "active_id" not in old:
            return self.start(old["inbox_order"][0])
        if is_held(old["lease_until"], self.now):
            raise LeaseHeld(old["lease_until"])
        return self.take_over(old)

    def _hold_suspect(self, run_id: str, charge: Charge) -> bool:
        return hold_suspect(self.table, self.worker, self.message.key, run_id, charge, self.now)

    def _own(self) -> ConditionalWrite:
        return (
            ConditionalWrite()
            .set(worker=self.worker, claim=self.token, lease_until=self.now + LEASE_MS)
            .set(streamed="", text_base=0, text_parts=0)
            .set(
                work_shard=keys.work_shard(self.message.key),
                expires_at=self.config.lifetime.busy_end(self.now),
            )
            .assign("work_due = if_not_exists(work_due, :due)", due=self.now + LEASE_MS + TAKEOVER_GRACE_MS)
            .assign("fence = fence + :one", "rev = rev + :one", one=1)
            .assign("mark = logged + history_count")
            .when("generation = :generation", generation=self.message.generation)
            .when("expires_at > :seconds", seconds=self.now // 1_000)
        )


def claim(table: Table, config: StoreConfig, clock: Clock, message: RunMessage, worker: str) -> Lease:
    """Claim in one call if the message's run is next. A run with too many strikes may only be finished as
    failed.
    """
    claimer = Claimer(table, config, clock(), message, worker, uuid.uuid4().hex)
    change = claimer.start(message.run_id)
    for _ in range(CONTENTION_TRIES):
        try:
            return lease_of(table.update(keys.hot(message.key), change))
        except ConditionFailed as refused:
            old = refused.item
        if old is not None and old.get("claim") == claimer.token:
            return lease_of(old)
        claimer = replace(claimer, now=clock())
        change = claimer.next(old)
    raise ClaimContended


def lease_of(item: Item) -> Lease:
    session = session_of(item)
    return Lease(
        key=keys.session_of_partition(item["pk"]),
        run_id=item["active_id"],
        attempt=item["attempt"],
        fence=item["fence"],
        until=item["lease_until"],
        session=session,
        run=running(session),
    )

"""Accepted messages whose run has not begun yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed, TooLarge
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import (
    Contended,
    InboxFull,
    InvalidRequest,
    NotFound,
    RateLimited,
    Retryable,
    SessionBusy,
)
from forge.models.idempotency import Accepted, Once
from forge.models.run import IfBusy, Submission
from forge.models.session import INBOX_LIMIT, MESSAGE_BYTES_LIMIT, Session
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.titles import automatic_title
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.config import CONTENTION_TRIES, QUEUE_GRACE_MS, StoreConfig
from forge.store.idempotency_keys import Known, Writer, replayed
from forge.store.limits.daily_limits import DailyLimits
from forge.store.limits.message_rate import charged, is_idle, wait_seconds
from forge.store.limits.rate_limit import charge
from forge.store.running.stop_runs import withdraw
from forge.store.stored.item_repair import mended, whole
from forge.store.stored.session_item import current, entry_of, new_item, only_if, session_of
from forge.store.stored.session_lifetime import alive
from forge.store.stored.unanswered_runs import note_unanswered, unanswered

_INBOX_RETRY_SECONDS = 5.0


def accept(
    table: Table,
    config: StoreConfig,
    now: int,
    key: SessionKey,
    submission: Submission,
    if_busy: IfBusy,
    once: Once | None,
    daily_limits: DailyLimits,
) -> Accepted:
    """Raises the errors of `forge.ports.runs.Inbox`, and `KeyReused`."""
    try:
        return _accept(table, config, now, key, submission, if_busy, once, daily_limits)
    except Known as known:
        if once is None:
            raise
        return replayed(known.item, once)
    except TooLarge:  # wallet requests are in the same item, and may be large, too
        raise InboxFull(retry_after=_INBOX_RETRY_SECONDS) from None


def _accept(
    table: Table,
    config: StoreConfig,
    now: int,
    key: SessionKey,
    submission: Submission,
    if_busy: IfBusy,
    once: Once | None,
    daily_limits: DailyLimits,
) -> Accepted:
    writer = Writer(table, now, key, submission.run_id, once)

    def accepted(item: Item | None) -> Accepted:
        session = current(session_of(item), now) if item and alive(item, now) else None
        return Accepted(key, submission.run_id, session)

    _check_size(submission)
    if key.owner != ANONYMOUS:
        _charge_owner(table, config, now, key.owner)
    change = _into_living(config, now, key, submission, if_busy, idle=True)
    for _ in range(CONTENTION_TRIES):
        try:
            return accepted(writer.update(change))
        except ConditionFailed as refused:
            old = refused.item
        if old is None or not alive(old, now):
            create = partial(_create, writer, config, now, key, submission, old)
            if created := daily_limits.spend_on("sessions", create, caller=submission.payer):
                return accepted(created)
            continue
        whole(old)
        if _repeated(old, submission.run_id):
            return accepted(old)
        if refusal := _refusal(old, config, now, if_busy):
            raise refusal
        change = _into_living(
            config, now, key, submission, if_busy, idle=is_idle(old, config.session_rate, now)
        )
    raise Contended(retry_after=1.0)


def _into_living(
    config: StoreConfig, now: int, key: SessionKey, submission: Submission, if_busy: IfBusy, *, idle: bool
) -> ConditionalWrite:
    change = (
        ConditionalWrite()
        .named(run=submission.run_id)
        .assign("inbox.#run = :entry", entry=entry_of(submission))
        .assign("inbox_order = list_append(inbox_order, :run_ids)", run_ids=[submission.run_id])
        .assign("rev = rev + :one", one=1)
        .assign("work_due = if_not_exists(work_due, :work_due)", work_due=now + QUEUE_GRACE_MS)
        .set(work_shard=keys.work_shard(key), expires_at=config.lifetime.busy_end(now), last_activity_at=now)
        .set(**keys.owned(key))
        .when("expires_at > :seconds", seconds=now // 1_000)
        .when("size(inbox_order) < :most", most=INBOX_LIMIT)
        .when("attribute_not_exists(withdrawn) OR size(withdrawn) < :most")
        .when("attribute_not_exists(inbox.#run)", "attribute_not_exists(recent.#run)")
        .when("attribute_not_exists(active_id) OR active_id <> :run_id", run_id=submission.run_id)
    )
    if title := title_of(submission):
        change.assign("title = if_not_exists(title, :title)", title=title)
    if if_busy == "reject":
        change.when("attribute_not_exists(active_id)", "size(inbox_order) = :zero", zero=0)
    return charged(change, config.session_rate, now, idle=idle)


def _create(
    writer: Writer, config: StoreConfig, now: int, key: SessionKey, submission: Submission, old: Item | None
) -> Item | None:
    """Write the first message of a new generation; return `None` if another request created the session first."""
    item = new_item(
        key,
        now,
        old,
        network=config.network,
        inbox={submission.run_id: entry_of(submission)},
        inbox_order=[submission.run_id],
        tat=now + config.session_rate.interval,
        expires_at=config.lifetime.busy_end(now),
        work_shard=keys.work_shard(key),
        work_due=now + QUEUE_GRACE_MS,
    )
    if title := title_of(submission):
        item["title"] = title
    try:
        writer.put(item, only_if(ConditionalWrite(), old))
    except ConditionFailed:
        return None
    note_unanswered(key, unanswered(old or {}))
    return item


def title_of(submission: Submission) -> str | None:
    """The first line of a person's first message becomes the title until they rename the session."""
    if submission.sender != "user":
        return None
    return automatic_title(submission.content)


def _repeated(old: Item, run_id: str) -> bool:
    return run_id in old["inbox"] or run_id == old.get("active_id") or run_id in old["recent"]


def _refusal(old: Item, config: StoreConfig, now: int, if_busy: IfBusy) -> Retryable | SessionBusy | None:
    if if_busy == "reject" and ("active_id" in old or old["inbox_order"]):
        return SessionBusy()
    if max(len(old["inbox_order"]), len(old.get("withdrawn", []))) >= INBOX_LIMIT:
        return InboxFull(retry_after=_INBOX_RETRY_SECONDS)
    wait = wait_seconds(old, config.session_rate, now)
    return RateLimited(retry_after=wait) if wait else None


def _check_size(submission: Submission) -> None:
    reason = (submission.approval and submission.approval.reason) or ""
    if len(submission.content.encode()) + len(reason.encode()) > MESSAGE_BYTES_LIMIT:
        raise InvalidRequest(f"The message is longer than {MESSAGE_BYTES_LIMIT} bytes.")


def _charge_owner(table: Table, config: StoreConfig, now: int, owner: str) -> None:
    """Charge the same rate limit over all sessions of a signed-in owner, in an item of its own."""
    refusal = "Too many messages in all your sessions together."
    charge(table, keys.single("owner", owner), config.owner_rate, now, refusal=refusal)


@dataclass(frozen=True, slots=True)
class TableInbox:
    table: Table
    """The DynamoDB table."""
    config: StoreConfig
    """The store's configuration."""
    clock: Clock
    """The time in epoch milliseconds."""
    daily_limits: DailyLimits
    """The daily limits of the whole deployment."""

    def accept(self, key: SessionKey, submission: Submission, if_busy: IfBusy = "enqueue") -> Session:
        session = self._accept(key, submission, if_busy, None).session
        if session is None:
            raise NotFound
        return session

    def accept_once(
        self, key: SessionKey, submission: Submission, if_busy: IfBusy, once: Once | None
    ) -> Accepted:
        return self._accept(key, submission, if_busy, once)

    def _accept(
        self, key: SessionKey, submission: Submission, if_busy: IfBusy, once: Once | None
    ) -> Accepted:
        now = self.clock()
        defaults = self.config.defaults(now)
        return mended(
            self.table,
            key,
            defaults,
            lambda: accept(self.table, self.config, now, key, submission, if_busy, once, self.daily_limits),
        )

    def withdraw(self, key: SessionKey, run_ids: Iterable[str]) -> Session | None:
        return withdraw(self.table, self.config, self.clock(), key, frozenset(run_ids))

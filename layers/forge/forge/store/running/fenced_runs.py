"""The worker's half of the store: every write is refused once the fence has moved."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed, Unfit
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import LeaseLost, SessionUnreadable
from forge.models.run import ChainWait, Ending, Progress, RunMessage
from forge.models.session import Session
from forge.models.session_key import ANONYMOUS
from forge.models.timing import LEASE_MS
from forge.models.work import Finished, Lease
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.config import QUEUE_GRACE_MS, StoreConfig
from forge.store.limits.daily_limits import DailyLimits
from forge.store.limits.owner_daily_tokens import counts, tokens_left
from forge.store.running.claim import claim, lease_of
from forge.store.running.commit import Transition, commit
from forge.store.running.transitions import apply_progress, end_run, running
from forge.store.stored.delete_session_items import delete_late_children
from forge.store.stored.item_repair import mended
from forge.store.stored.message_log import part_item, split
from forge.store.stored.session_item import session_of
from forge.store.stored.session_lifetime import alive
from forge.store.stored.streaming_text import put_tail


@dataclass(frozen=True, slots=True)
class TableRuns:
    table: Table
    """The DynamoDB table."""
    config: StoreConfig
    """The store's configuration."""
    clock: Clock
    """The time in epoch milliseconds."""
    daily_limits: DailyLimits
    """The daily limits of the whole deployment."""

    def claim(self, message: RunMessage, worker: str) -> Lease:
        return mended(
            self.table,
            message.key,
            self.config.defaults(self.clock()),
            lambda: claim(self.table, self.config, self.clock, message, worker),
        )

    def renew(self, lease: Lease) -> Lease:
        return self._update(lease, self._renewal())

    def set_network(self, lease: Lease, network: str) -> Lease:
        return self._update(lease, self._renewal().set(network=network))

    def clear(self, lease: Lease) -> None:
        delete_late_children(self.table, lease.session)

    def flush(self, lease: Lease, text: str) -> Lease:
        """Renew the lease first, so that a worker without it stores no text. Full parts become items of their own."""
        active = running(lease.session)
        base, parts = active.text_base, active.text_parts
        if len(text) < base:
            base, parts = 0, 0
        *full, tail = split(text[base:])
        length = base + sum(len(part) for part in full)
        if (length, parts) == (active.text_base, active.text_parts):
            held = self.renew(lease)
        else:
            held = self._publish_parts(lease, full, parts, length)
        put_tail(self.table, held, tail, self.clock())
        return held

    def _publish_parts(self, lease: Lease, full: Sequence[str], parts: int, length: int) -> Lease:
        """Store the new full parts; the first `length` characters of the streaming text are then in parts."""

        def step(session: Session) -> Transition:
            now, run = self.clock(), running(session)
            end = self.config.lifetime.child_end(now)
            at = {"text_base": length, "text_parts": parts + len(full)}
            return Transition(
                self._renewal().set(streamed="", **at),
                [
                    part_item(lease.key, session.generation, session.text_seq, parts + number, part, end)
                    for number, part in enumerate(full)
                ],
                session.model_copy(
                    update={
                        "active": run.model_copy(update={**at, "text": "", "lease_until": now + LEASE_MS}),
                    }
                ),
            )

        return _renewed(lease, self._commit(lease, step))

    def append(self, lease: Lease, progress: Progress) -> Lease:
        now = self.clock()
        self.daily_limits.note("tokens", progress.tokens, caller=_stranger(lease))
        goal = apply_progress(lease.session, progress, self.config, now).after

        def applied(session: Session) -> bool:
            grown = (goal.logged, goal.history) != (lease.session.logged, lease.session.history)
            return grown and (session.logged, session.history) == (goal.logged, goal.history)

        steps = _Steps(lambda session: apply_progress(session, progress, self.config, now))
        session = self._commit(lease, steps, applied, progress.tokens, ahead=True)
        return replace(_renewed(lease, session), logged=steps.last.messages)

    def finish(self, lease: Lease, ending: Ending) -> Finished:
        now = self.clock()
        self.daily_limits.note("tokens", ending.tokens, caller=_stranger(lease))
        steps = _Steps(lambda session: end_run(session, ending, self.config, now))
        session = self._commit(lease, steps, tokens=ending.tokens, ahead=True)
        return Finished(session, steps.last.messages)

    def tokens_left(self, lease: Lease) -> int | None:
        self.daily_limits.check("tokens", caller=_stranger(lease))
        return tokens_left(self.table, lease.key, self.config, self.clock())

    def limits_tokens(self) -> bool:
        return self.daily_limits.has("tokens")

    def release(self, lease: Lease) -> None:
        now = self.clock()
        change = ConditionalWrite().set(lease_until=0, work_due=now).assign("rev = rev + :one", one=1)
        self._guarded(lease, change)

    def put_back(self, lease: Lease, wait: ChainWait | None = None) -> None:
        now = self.clock()
        due = max(now, wait.again_at if wait else now) + QUEUE_GRACE_MS
        change = (
            ConditionalWrite()
            .set(lease_until=0, work_due=due)
            .assign("attempt = attempt - :one", "rev = rev + :one", one=1)
            .when("lease_until > :zero", zero=0)
        )
        if wait:
            change.set(chain_wait=wait.model_dump_json())
        else:
            change.assign("put_back_at = if_not_exists(put_back_at, :now)", now=now)
        try:
            self.table.update(keys.hot(lease.key), fenced(lease, change, now))
        except ConditionFailed as refused:
            if refused.item is None or not is_held(refused.item, lease):
                raise LeaseLost from None

    def _renewal(self) -> ConditionalWrite:
        """Do not prolong the session, because a session with work does not expire (`SessionLifetime.busy_end`)."""
        return ConditionalWrite().set(lease_until=self.clock() + LEASE_MS)

    def _update(self, lease: Lease, change: ConditionalWrite) -> Lease:
        with lost_when_unreadable():
            return lease_of(self._guarded(lease, change.assign("rev = rev + :one", one=1)))

    def _guarded(self, lease: Lease, change: ConditionalWrite) -> Item:
        try:
            with lost_when_unreadable():
                return self.table.update(keys.hot(lease.key), fenced(lease, change, self.clock()))
        except ConditionFailed:
            raise LeaseLost from None

    def _commit(
        self,
        lease: Lease,
        step: Callable[[Session], Transition],
        applied: Callable[[Session], bool] = lambda session: False,
        tokens: int = 0,
        *,
        ahead: bool = False,
    ) -> Session:
        now = self.clock()

        def check(item: Item | None) -> Session | None:
            """The worker repeats a commit whose response was lost. The repeat must recognise that the commit has been
            applied.
            """
            if item is None or not alive(item, now) or item.get("fence") != lease.fence:
                raise LeaseLost
            session = session_of(item)
            if lease.run_id in session.recent or applied(session):
                return session
            if item.get("active_id") != lease.run_id:
                raise LeaseLost
            return None

        used = counts(lease.key, tokens, self.config, now)
        with lost_when_unreadable():
            return commit(
                self.table,
                lease.session,
                step,
                lambda change, _: fenced(lease, change, now),
                check,
                used,
                ahead=ahead,
            )


class _Steps:
    """Remembers the last step that a commit has computed. It is the one that was stored, even if the commit finds that
    an earlier call, whose response was lost, has stored it.
    """

    last: Transition

    def __init__(self, step: Callable[[Session], Transition]) -> None:
        self._step = step

    def __call__(self, session: Session) -> Transition:
        self.last = self._step(session)
        return self.last


@contextmanager
def lost_when_unreadable() -> Generator[None]:
    """If the session cannot be read any more, give up the lease; the next claim repairs the session or gives it up."""
    try:
        yield
    except (SessionUnreadable, Unfit):
        raise LeaseLost from None


def _stranger(lease: Lease) -> str:
    """Return the payer of a session without a login. The tokens of signed-in owners have a limit of their own."""
    return lease.run.submission.payer if lease.key.owner == ANONYMOUS else ""


def is_held(item: Item, lease: Lease) -> bool:
    return item.get("fence") == lease.fence and item.get("active_id") == lease.run_id


def fenced(lease: Lease, change: ConditionalWrite, now: int) -> ConditionalWrite:
    """Add the condition that every write of a run carries. It also refuses to revive a session that has expired."""
    return change.when(
        "fence = :fence",
        "active_id = :run",
        "expires_at > :seconds",
        fence=lease.fence,
        run=lease.run_id,
        seconds=now // 1_000,
    )


def _renewed(lease: Lease, session: Session) -> Lease:
    run = running(session)
    return replace(lease, until=run.lease_until, session=session, run=run)

"""Stops runs without their worker: queued runs, and a run that its worker has abandoned."""

from __future__ import annotations

from collections.abc import Callable

from forge.dynamodb.codec import Item
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.lease import is_held
from forge.models.message import Draft
from forge.models.run import ActiveRun, Ending, Progress
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.config import StoreConfig
from forge.store.running.commit import Transition, commit
from forge.store.running.message_numbers import log_messages
from forge.store.running.transitions import (
    end_run,
    notice,
    running,
    settle_runs,
    unchecked_reports,
    update_approvals,
)
from forge.store.stored.item_repair import mended, whole
from forge.store.stored.lenient_reading import plain
from forge.store.stored.message_log import whole_text
from forge.store.stored.session_item import entry_of, session_of
from forge.store.stored.session_lifetime import alive


class _Settled(Exception):
    """Nothing is left to stop."""

    def __init__(self, session: Session | None) -> None:
        super().__init__("nothing to stop")
        self.session = session


def withdraw(
    table: Table, config: StoreConfig, now: int, key: SessionKey, run_ids: frozenset[str]
) -> Session | None:
    """Withdraw queued messages. While a run is active, only its worker writes the log, so the messages are kept to be
    shown after its end.

    A withdrawn answer of a wallet has not been checked, so its request records what the wallet reported.
    """

    def step(session: Session) -> Transition:
        taken = [each for each in session.inbox if each.run_id in run_ids]
        if not taken:
            raise _Settled(session)
        drafts: list[Draft] = []
        if session.active is None:
            drafts = [*(each.draft() for each in taken), notice(taken[-1].run_id, now)]
        made = log_messages(session, drafts, config, now)
        left = [each for each in session.inbox if each.run_id not in run_ids]
        made.change.set(inbox_order=[each.run_id for each in left])
        kept = [*session.withdrawn, *taken] if session.active else []
        if kept:
            made.change.set(withdrawn=[{"run_id": each.run_id, **entry_of(each)} for each in kept])
        for number, each in enumerate(taken):
            made.change.named(**{f"taken{number}": each.run_id}).remove(f"inbox.#taken{number}")
        after = made.after.model_copy(update={"inbox": left, "withdrawn": kept})
        reported = Progress(reported=unchecked_reports(session, taken, now))
        step = update_approvals(Transition(made.change, made.puts, after), reported)
        return settle_runs(step, [each.run_id for each in taken], "interrupted", config, now)

    return _commit(table, config, now, key, step, _same_generation)


def interrupt_abandoned(
    table: Table, config: StoreConfig, clock: Clock, key: SessionKey, run_id: str
) -> Session | None:
    """End an abandoned run and keep its partial text.

    A run that has begun a call with an effect is left to a worker, which has been told to stop it: only an attempt
    that replays the journal can say what the outcome of that call is. The fence is incremented first. A worker that
    wakes up late, or whose clock is behind, then cannot begin a call between the check of the run's calls and the end
    of the run. A stop that is repeated, because the earlier one broke off after that, increments the fence no further.
    A run whose lease ends between the two steps is left to a worker, because no step has incremented its fence.
    """

    def fence_off(session: Session) -> Transition:
        active = _abandoned(table, session, run_id, clock())
        if active.stop_fence == active.fence:
            raise _Settled(session)
        fence = active.fence + 1
        after = active.model_copy(update={"fence": fence, "stop_fence": fence})
        change = ConditionalWrite().assign("fence = fence + :one", one=1).set(stop_fence=fence)
        return Transition(change, [], session.model_copy(update={"active": after}))

    def end(session: Session) -> Transition:
        now = clock()
        active = _abandoned(table, session, run_id, now)
        if active.stop_fence != active.fence:
            raise _Settled(session)
        drafts = [*_spoken(table, session, active), notice(run_id, now)]
        return end_run(session, Ending(outcome="interrupted", drafts=drafts), config, now)

    _commit(table, config, clock(), key, fence_off, _same_attempt)
    return _commit(table, config, clock(), key, end, _same_attempt)


def _abandoned(table: Table, session: Session, run_id: str, now: int) -> ActiveRun:
    """The run as its worker left it. `now` is read after `session`, as for a claim. Raises `_Settled` if a function
    must not end it.
    """
    active = session.active
    if active is None or active.run_id != run_id or is_held(active.lease_until, now):
        raise _Settled(session)
    if _has_effects(table, session, run_id):
        raise _Settled(session)
    return active


def _spoken(table: Table, session: Session, active: ActiveRun) -> list[Draft]:
    text = whole_text(table, session)
    spoken = Draft(sender="agent", content=text, created_at=active.started_at, run_id=active.run_id)
    return [spoken] if text else []


def _has_effects(table: Table, session: Session, run_id: str) -> bool:
    calls = table.query(keys.partition(session.key), keys.call_range(session.generation, run_id))
    return any(
        plain(call.get("meta"), dict, {}).get("repeatable") != "true" for call in calls if "meta" in call
    )


def _same_generation(change: ConditionalWrite, session: Session) -> ConditionalWrite:
    return change.when("generation = :generation", generation=session.generation)


def _same_attempt(change: ConditionalWrite, session: Session) -> ConditionalWrite:
    active = running(session)
    return change.when("fence = :fence", "active_id = :run", fence=active.fence, run=active.run_id)


def _commit(
    table: Table,
    config: StoreConfig,
    now: int,
    key: SessionKey,
    step: Callable[[Session], Transition],
    fence: Callable[[ConditionalWrite, Session], ConditionalWrite],
) -> Session | None:
    def check(item: Item | None) -> None:
        if item is None or not alive(item, now):
            raise _Settled(None)
        whole(item)

    def stop() -> Session:
        item = table.get(keys.hot(key))
        check(item)
        return commit(table, session_of(item or {}), step, fence, check)

    try:
        return mended(table, key, config.defaults(now), stop)
    except _Settled as settled_already:
        return settled_already.session

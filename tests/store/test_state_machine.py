"""Any operations in any order: the store's answers are compared with a model in a few lines of Python."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from forge.errors import ClaimRefused, InboxFull, LeaseLost, NotFound
from forge.models.account import ErasedAlone
from forge.models.run import Progress, RunMessage
from forge.models.session import INBOX_LIMIT, Session
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.timing import LEASE_MS
from forge.models.work import Finished, Lease
from forge.settings import Settings
from forge.store import Store, open_store
from forge.store.endings.after_expiry import stream_key
from forge.store.endings.erase_account import RECEIPT_SECONDS
from tests.clock import Clock
from tests.properties import examples
from tests.schema import create_table
from tests.store.model import MINUTE, NOTICE, Model, check_refusal, check_session
from tests.store.scenes import completed, counted, spoken, submission

TEXTS = st.sampled_from(["", "short", "€" * 11_000, "x" * 70_000])
BUSY = 10 * MINUTE
SESSIONS = itertools.count()


class Sessions(RuleBasedStateMachine):
    runs: Bundle[RunMessage] = Bundle("runs")
    leases: Bundle[Lease] = Bundle("leases")

    dynamodb: ClassVar[Any]
    table: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.key = SessionKey(ANONYMOUS, f"s{next(SESSIONS)}")
        self.store: Store = open_store(
            Settings(
                forge_table=self.table,
                session_timeout_minutes=1,
                session_max_age_days=BUSY / 86_400_000,
                rate_limit_burst=10_000,
            ),
            self.clock,
            self.dynamodb,
        )
        self.model: Model | None = None
        self.deleted: ErasedAlone | None = None
        self.receipt_end = 0
        self.rev = 0
        self.generation = 0
        self.numbers = itertools.count(1)

    def teardown(self) -> None:
        """moto copies its whole table for each transaction: keep it small."""
        self.dynamodb.delete_table(TableName=self.table)
        create_table(self.dynamodb, self.table)

    def living(self) -> Model | None:
        if self.model and self.model.end <= self.clock.now // 1_000:
            self.model = None
        return self.model

    def active(self, model: Model) -> None:
        """With work the session lives on for long, without any for a minute."""
        has_work = bool(model.active or model.inbox)
        model.end = (
            self.clock.now // 1_000 + BUSY // 1_000 if has_work else -(-(self.clock.now + MINUTE) // 1_000)
        )

    def moved(self, session: Session | None) -> None:
        """A change was made: `rev` has grown."""
        assert session is not None
        assert session.rev > self.rev
        self.rev = session.rev

    @rule(target=runs)
    def accept(self) -> Any:
        model = self.living()
        run_id = f"{next(self.numbers):032x}"
        with counted(self.dynamodb) as calls:
            try:
                session = self.store.inbox.accept(self.key, submission(f"say {run_id}", run_id))
            except InboxFull:
                assert model is not None
                assert len(model.inbox) == INBOX_LIMIT
                return multiple()
        if model is None:
            assert session.generation > self.generation
            self.generation = session.generation
            model = self.model = Model(session.generation, 0)
        assert len(calls) <= 2
        model.inbox.append(run_id)
        self.active(model)
        self.moved(session)
        return RunMessage(
            owner=ANONYMOUS, session_id=self.key.session_id, generation=session.generation, run_id=run_id
        )

    @rule(run=runs)
    def repeat(self, run: RunMessage) -> None:
        model = self.living()
        if model and (run.run_id in [*model.inbox, model.active] or run.run_id in model.outcomes):
            session = self.store.inbox.accept(self.key, submission("repeated", run.run_id))
            assert session.rev == self.rev

    @rule(target=leases, run=runs)
    def claim(self, run: RunMessage) -> Any:
        model = self.living()
        try:
            lease = self.store.runs.claim(run, "worker")
        except ClaimRefused as refused:
            check_refusal(model, run, refused, self.clock.now)
            return multiple()
        assert model is not None
        assert run.generation == model.generation
        if model.active is None:
            assert lease.run_id == model.inbox.pop(0)
            assert lease.attempt == 1
            model.active, model.input_logged = lease.run_id, False
        assert lease.run_id == model.active
        assert model.lease_until < self.clock.now or lease.attempt == 1
        assert lease.fence > model.holder
        model.holder, model.text = lease.fence, ""
        model.lease_until = self.clock.now + LEASE_MS
        self.active(model)
        self.moved(lease.session)
        return lease

    def written(self, lease: Lease, write: Callable[[], Lease | Finished]) -> Model | None:
        """The model to change if the lease still allows the write; else it must be refused."""
        model = self.model
        if model and model.active == lease.run_id and model.holder == lease.fence:
            result = write()
            model.lease_until = self.clock.now + LEASE_MS
            self.moved(result.session)
            return model
        with pytest.raises(LeaseLost):
            write()
        return None

    @rule(lease=leases)
    def renew(self, lease: Lease) -> None:
        self.written(lease, lambda: self.store.runs.renew(lease))

    @rule(lease=leases, text=TEXTS)
    def flush(self, lease: Lease, text: str) -> None:
        if model := self.written(lease, lambda: self.store.runs.flush(self.fresh(lease), text)):
            model.text = text

    @rule(lease=leases, count=st.integers(0, 3), entries=st.lists(st.binary(max_size=20), max_size=2))
    def append(self, lease: Lease, count: int, entries: list[bytes]) -> None:
        texts = [f"part {next(self.numbers)}" for _ in range(count)]
        progress = Progress(drafts=[spoken(text) for text in texts], entries=entries)
        if model := self.written(lease, lambda: self.store.runs.append(self.fresh(lease), progress)):
            model.log += [*model.opening(), *texts]
            model.entries += entries
            model.input_logged, model.text = True, ""
            self.active(model)

    @rule(lease=leases, text=TEXTS)
    def finish(self, lease: Lease, text: str) -> None:
        known = self.model.outcomes.get(lease.run_id) if self.model else None
        if known == "completed" and self.model and self.model.holder == lease.fence:
            return
        ending = completed(spoken(text))
        if model := self.written(lease, lambda: self.store.runs.finish(self.fresh(lease), ending)):
            model.log += [*model.opening(), text]
            model.close("completed")
            self.active(model)

    def fresh(self, lease: Lease) -> Lease:
        """A worker goes on with the lease that its last write returned; a zombie keeps its old one."""
        session = self.store.sessions.get(self.key)
        if session is None or session.active is None or session.active.fence != lease.fence:
            return lease
        return Lease(
            lease.key, lease.run_id, lease.attempt, lease.fence, lease.until, session, session.active
        )

    @rule(run=runs)
    def withdraw(self, run: RunMessage) -> None:
        model = self.living()
        session = self.store.inbox.withdraw(self.key, [run.run_id])
        if model is None:
            assert session is None
        elif run.run_id in model.inbox:
            model.inbox.remove(run.run_id)
            model.outcomes[run.run_id] = "interrupted"
            if model.active is None:
                model.log += [f"say {run.run_id}", NOTICE]
            else:
                model.withdrawn.append(run.run_id)
            self.active(model)
            self.moved(session)

    @rule(run=runs)
    def interrupt_abandoned(self, run: RunMessage) -> None:
        model = self.living()
        session = self.store.recovery.interrupt_abandoned(self.key, run.run_id)
        if model and model.active == run.run_id and model.lease_until < self.clock.now:
            model.log += [*model.opening(), *([model.text] if model.text else []), NOTICE]
            model.close("interrupted")
            model.holder += 1
            self.active(model)
            self.moved(session)

    @rule(milliseconds=st.sampled_from([1, 900, LEASE_MS + 1, 20_000, 2 * MINUTE, 2 * BUSY]))
    def time_passes(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds)

    @rule()
    def delete(self) -> None:
        """What was deleted within a day is told again; nothing else that is gone can be deleted."""
        if self.living():
            self.deleted, self.model = self.store.sessions.delete(self.key), None
            self.receipt_end = self.clock.now // 1_000 + RECEIPT_SECONDS
        elif self.deleted and self.clock.now // 1_000 < self.receipt_end:
            told = self.store.sessions.delete(self.key)
            assert (told.generation, told.erasure) == (self.deleted.generation, self.deleted.erasure)
        else:
            with pytest.raises(NotFound):
                self.store.sessions.delete(self.key)

    @rule()
    def dynamodb_removes_what_has_expired(self) -> None:
        """It takes its time: `rev` goes on from the clock, which by then has counted more than the writes."""
        if self.living() is not None:
            return
        self.clock.advance(1_000)
        key = {"pk": {"S": f"session#{self.key}"}, "sk": {"S": "session"}}
        image = self.dynamodb.delete_item(TableName=self.table, Key=key, ReturnValues="ALL_OLD")
        record = {"eventName": "REMOVE", "dynamodb": {"OldImage": image.get("Attributes", {})}}
        if found := stream_key(record):
            self.store.expiry.expire(*found)

    @invariant()
    def the_session_is_as_the_model_says(self) -> None:
        model, session = self.living(), self.store.sessions.get(self.key)
        assert (model is None) == (session is None)
        if model and session:
            assert session.rev == self.rev
            check_session(self.store, session, model)


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.timeout(1_200)
def test_nothing_is_lost_doubled_or_reordered_whatever_happens(dynamodb: Any, table: str):
    Sessions.dynamodb, Sessions.table = dynamodb, table
    run_state_machine_as_test(
        Sessions,
        settings=settings(examples(6), stateful_step_count=25),
    )

"""A run that kills its workers is given up after three of them, or four if other suspects were present; no other
run is given up with it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from forge.errors import LeaseHeld, SuspectHeld
from forge.models.run import Ending, Progress, RunMessage
from forge.models.session_key import SessionKey
from forge.models.timing import LEASE_MS, RENEW_MS, SUSPECT_RETRY_SECONDS, VISIBILITY_SECONDS
from forge.models.work import Lease
from forge.store import Store
from tests.clock import Clock
from tests.store.scenes import next_of, spoken, told
from worker.runs.lost_worker_limit import LOST_WORKERS_LIMIT

LONG_MS = 60_000


def suspect(store: Store, clock: Clock, name: str, lasted: int = 0) -> RunMessage:
    """A run of which two attempts count, each of which renewed its lease for `lasted` milliseconds."""
    message = next_of(told(store, key=SessionKey("anonymous", name)))
    for attempt in range(2):
        lease = store.runs.claim(message, f"{name}{attempt}")
        clock.advance(lasted)
        store.runs.renew(lease)
        clock.advance(LEASE_MS + 1)
    return message


def strikes(lease: Lease) -> int:
    assert lease.session.active is not None
    return lease.session.active.strikes


def tried_alone(store: Store, clock: Clock, *lasted: int) -> list[RunMessage]:
    """Suspects, one for each of `lasted`, that were together on one worker when it died."""
    together = [suspect(store, clock, f"{number}", each) for number, each in enumerate(lasted)]
    for each in together:
        store.runs.claim(each, "shared")
    clock.advance(LEASE_MS + 1)
    return together


@pytest.mark.slow
def test_suspects_begin_beside_each_other_and_a_death_among_them_convicts_none(
    store: Store, clock: Clock
) -> None:
    together = tried_alone(store, clock, 0, 0, 0)
    assert [strikes(store.runs.claim(each, f"w{number}")) for number, each in enumerate(together)] == [
        2,
        2,
        2,
    ]


@pytest.mark.slow
def test_a_suspect_without_another_one_beside_it_is_convicted_by_its_third_death(
    store: Store, clock: Clock
) -> None:
    message = suspect(store, clock, "only")
    store.runs.claim(message, "w")
    clock.advance(LEASE_MS + 1)
    assert strikes(store.runs.claim(message, "x")) == LOST_WORKERS_LIMIT


@pytest.mark.slow
def test_a_death_in_company_is_remembered_however_far_the_others_have_gone_since(
    store: Store, clock: Clock
) -> None:
    first, second, third = (suspect(store, clock, name) for name in ("first", "second", "third"))
    for each in (first, second, third):
        store.runs.claim(each, "shared")
    clock.advance(LEASE_MS + 1)
    store.runs.claim(first, "w")
    clock.advance(LEASE_MS + 1)
    given_up = store.runs.claim(first, "x")
    store.runs.finish(given_up, Ending(outcome="failed", drafts=[spoken("given up")]))
    done = store.runs.claim(second, "y")
    store.runs.finish(done, Ending(outcome="completed", drafts=[spoken()]))
    assert (strikes(given_up), strikes(done), strikes(store.runs.claim(third, "z"))) == (3, 2, 2)


@pytest.mark.slow
def test_a_suspect_whose_company_has_completed_is_convicted(store: Store, clock: Clock) -> None:
    first, second = (suspect(store, clock, name) for name in ("first", "second"))
    lease = store.runs.claim(first, "shared")
    store.runs.claim(second, "shared")
    store.runs.finish(lease, Ending(outcome="completed", drafts=[spoken()]))
    clock.advance(LEASE_MS + 1)
    assert strikes(store.runs.claim(second, "w")) == 3


@pytest.mark.slow
def test_an_attempt_that_stored_something_clears_its_run(store: Store, clock: Clock) -> None:
    first, second = tried_alone(store, clock, LONG_MS, LONG_MS)
    store.runs.append(store.runs.claim(first, "w"), Progress(drafts=[spoken("a beginning")]))
    clock.advance(LEASE_MS + 1)
    store.runs.claim(second, "x")
    lease = store.runs.claim(first, "x")
    assert strikes(lease) == 0, "it needs not wait for the one that is tried alone"


@pytest.mark.slow
def test_whoever_is_tried_alone_waits_while_another_one_is_in_question(store: Store, clock: Clock) -> None:
    first, second = tried_alone(store, clock, 0, 0)
    assert strikes(store.runs.claim(first, "w")) == 2
    with pytest.raises(SuspectHeld):
        store.runs.claim(second, "w")
    assert strikes(store.runs.claim(second, "another")) == 2
    clock.advance(LEASE_MS + 1)
    assert [strikes(store.runs.claim(each, f"{each.session_id}'")) for each in (first, second)] == [3, 3]


@pytest.mark.slow
def test_no_other_suspect_joins_one_that_is_tried_alone(store: Store, clock: Clock) -> None:
    first, _ = tried_alone(store, clock, LONG_MS, 0)
    third = suspect(store, clock, "third")
    store.runs.claim(first, "w")
    with pytest.raises(SuspectHeld):
        store.runs.claim(third, "w")


@pytest.mark.slow
def test_whoever_is_tried_alone_waits_for_each_suspect_that_came_before(store: Store, clock: Clock) -> None:
    alone, _ = tried_alone(store, clock, 0, 0)
    long, short = suspect(store, clock, "long", LONG_MS), suspect(store, clock, "short", LONG_MS)
    store.runs.claim(long, "w")
    store.runs.finish(store.runs.claim(short, "w"), Ending(outcome="completed", drafts=[spoken()]))
    with pytest.raises(SuspectHeld):
        store.runs.claim(alone, "w")


@pytest.mark.slow
def test_a_suspect_that_has_stored_something_is_in_question_no_more(store: Store, clock: Clock) -> None:
    first, second = tried_alone(store, clock, LONG_MS, 0)
    store.runs.append(store.runs.claim(first, "w"), Progress(drafts=[spoken("a beginning")]))
    assert strikes(store.runs.claim(second, "w")) == 2


@pytest.mark.slow
@pytest.mark.parametrize("lasted", [0, 900, 10_000])
def test_a_suspect_that_has_outlived_its_earlier_attempts_is_in_question_no_more(
    store: Store, clock: Clock, lasted: int
) -> None:
    """They may have died just before they had to renew their leases again."""
    first, second = tried_alone(store, clock, lasted, 0)
    lease = store.runs.claim(first, "w")
    clock.advance(lasted + RENEW_MS)
    lease = store.runs.renew(lease)
    with pytest.raises(SuspectHeld):
        store.runs.claim(second, "w")
    clock.advance(1)
    assert strikes(store.runs.claim(second, "w")) == 2


@pytest.mark.slow
def test_a_suspect_that_another_worker_has_taken_over_keeps_its_last_one_from_none(
    store: Store, clock: Clock
) -> None:
    first, second = tried_alone(store, clock, LONG_MS, 0)
    store.runs.release(store.runs.claim(first, "frozen"))
    store.runs.claim(first, "w")
    assert strikes(store.runs.claim(second, "frozen")) == 2


@pytest.mark.slow
def test_the_death_is_charged_to_the_suspect_that_came_last(store: Store, clock: Clock) -> None:
    first, second = tried_alone(store, clock, 0, 0)
    held = store.runs.claim(first, "w")
    clock.advance(RENEW_MS + 1)
    store.runs.renew(held)
    store.runs.claim(second, "w")
    clock.advance(LEASE_MS + 1)
    assert (strikes(store.runs.claim(first, "x")), strikes(store.runs.claim(second, "y"))) == (2, 3)


@dataclass
class Machines:
    """Some workers, one poisonous run that kills whichever holds it `kills_ms` after its claim, and other runs, which
    store what they have said after `says_ms` and then end. What a dead worker held comes back as in the queue.
    """

    store: Store
    clock: Clock
    kills_ms: int
    says_ms: int
    choose: random.Random
    workers: list[str] = field(default_factory=lambda: ["w1", "w2"])
    waiting: dict[str, tuple[RunMessage, int]] = field(default_factory=dict[str, tuple[RunMessage, int]])
    held: dict[str, tuple[Lease, int, int]] = field(default_factory=dict[str, tuple[Lease, int, int]])
    deaths: int = 0
    failed: list[str] = field(default_factory=list[str])
    waits: list[int] = field(default_factory=list[int])
    free_since: dict[str, int] = field(default_factory=dict[str, int])

    def play(self, names: list[str]) -> None:
        for name in names:
            self.waiting[name] = next_of(told(self.store, key=SessionKey("anonymous", name))), self.clock.now
        end = self.clock.now + 180_000
        while (self.waiting or self.held) and self.clock.now < end:
            for name in list(self.waiting):
                self._deliver(name)
            for name in list(self.held):
                self._go_on(name)
            self.clock.advance(200)

    def _deliver(self, name: str) -> None:
        message, visible = self.waiting[name]
        worker, now = self.choose.choice(self.workers), self.clock.now
        if visible > now:
            return
        try:
            lease = self.store.runs.claim(message, worker)
        except LeaseHeld as held:
            self.waiting[name] = message, held.until + 1
            return
        except SuspectHeld:
            self.waiting[name] = message, now + SUSPECT_RETRY_SECONDS * 1_000
            return
        del self.waiting[name]
        self.waits.append(now - self.free_since.pop(name, now))
        if strikes(lease) >= LOST_WORKERS_LIMIT:
            self.failed.append(name)
            self.store.runs.finish(lease, Ending(outcome="failed", drafts=[spoken("given up")]))
        else:
            self.held[name] = lease, now, now

    def _go_on(self, name: str) -> None:
        if name not in self.held:
            return
        lease, claimed, renewed = self.held[name]
        now = self.clock.now
        if name == "poison" and now - claimed >= self.kills_ms:
            self._die(lease)
        elif name != "poison" and now - claimed >= self.says_ms:
            self.store.runs.finish(lease, Ending(outcome="completed", drafts=[spoken()]))
            del self.held[name]
        elif now - renewed >= RENEW_MS:
            self.held[name] = self.store.runs.renew(lease), claimed, now

    def _die(self, lease: Lease) -> None:
        worker = lease.session.active.worker if lease.session.active else ""
        self.deaths += 1
        self.workers = [*(each for each in self.workers if each != worker), f"{worker}'"]
        for name, (held, _, _) in list(self.held.items()):
            if held.session.active and held.session.active.worker == worker:
                del self.held[name]
                self.waiting[name] = next_of(held.session), self.clock.now + VISIBILITY_SECONDS * 1_000
                self.free_since[name] = max(held.until, self.waiting[name][1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kills_ms", "says_ms", "seed"), [(0, 4_000, 1), (1_000, 600, 2), (1_000, 9_000, 3), (5_000, 12_000, 4)]
)
def test_a_poisonous_run_is_given_up_alone(
    store: Store, clock: Clock, kills_ms: int, says_ms: int, seed: int
) -> None:
    machines = Machines(store, clock, kills_ms, says_ms, random.Random(seed))
    machines.play(["a", "b", "poison", "c", "d"])
    assert (machines.waiting, machines.held) == ({}, {})
    assert machines.failed == ["poison"]
    assert machines.deaths <= LOST_WORKERS_LIMIT + 1, "a suspect is in company once, and then tried alone"
    outlived = kills_ms + RENEW_MS + SUSPECT_RETRY_SECONDS * 1_000
    assert max(machines.waits) <= 4 * outlived  # four others may come first

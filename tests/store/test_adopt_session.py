"""Taking over an anonymous session: once, completely, and even if it is interrupted anywhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from forge.errors import NotFound, SessionBusy
from forge.models.approval import Claim
from forge.models.message import Draft
from forge.models.run import Progress
from forge.models.session import Connection
from forge.models.session_key import SessionKey
from forge.store import Store
from tests.clock import Clock
from tests.patience import PATIENCE_SECONDS
from tests.store.scenes import KEY, approval, completed, counted, log, next_of, spoken, started, told

CONVERSATION = ["hello", "answer 1 " + "x" * 70_000, "answer 2", "and again", "answer"]


def talked(store: Store) -> None:
    """A conversation with all that one can have: long messages, LLM history, a wallet request, title and network."""
    lease = store.runs.append(started(store), Progress(drafts=[spoken(CONVERSATION[1])], entries=[b"one"]))
    request = approval("a" * 32, lease.run_id)
    store.runs.finish(lease, completed(spoken("answer 2"), entries=[b"two"], approvals=[request], tokens=7))
    store.sessions.rename(KEY, "Title")
    store.sessions.set_network(KEY, "base")
    store.sessions.set_wallet(KEY, "0x" + "1" * 40)
    lease = store.runs.claim(next_of(told(store, "and again")), "a")
    store.runs.finish(lease, completed(Draft(sender="agent", content="answer", created_at=1)))


def rows(dynamodb: Any, table: str, key: SessionKey) -> set[str]:
    items = dynamodb.scan(TableName=table)["Items"]
    return {item["sk"]["S"] for item in items if item["pk"]["S"] == f"session#{key}"}


@pytest.mark.slow
def test_everything_of_a_session_goes_on_under_its_owners_new_id(store: Store, dynamodb: Any, table: str):
    talked(store)
    before = store.sessions.get(KEY)
    assert before
    adopted = store.accounts.adopt(KEY.session_id, "ann")
    new = adopted.session.key
    assert new.owner == "ann"
    assert new.session_id != KEY.session_id
    assert log(store, new) == CONVERSATION
    after = store.sessions.get(new)
    assert after
    assert after == adopted.session
    changed = {"key", "rev", "last_activity_at", "expires_at"}
    assert after.model_dump(exclude=changed) == before.model_dump(exclude=changed)
    assert after.rev > before.rev
    assert store.sessions.get(KEY) is None
    assert rows(dynamodb, table, KEY) == {"session", "control"}
    lease = store.runs.claim(next_of(told(store, "go on", new)), "a")
    assert store.journal.history(lease) == [b"one", b"two"]
    store.runs.finish(lease, completed(spoken("on")))
    assert log(store, new) == [*CONVERSATION, "go on", "on"]


@pytest.mark.slow
def test_asking_again_finds_the_session_and_nobody_else_does(store: Store, clock: Clock):
    talked(store)
    first = store.accounts.adopt(KEY.session_id, "ann")
    clock.advance(60_000)
    assert store.accounts.adopt(KEY.session_id, "ann").session.key == first.session.key
    with pytest.raises(NotFound):
        store.accounts.adopt(KEY.session_id, "bob")
    store.sessions.delete(first.session.key)
    with pytest.raises(NotFound):
        store.accounts.adopt(KEY.session_id, "ann")


@pytest.mark.slow
def test_an_id_that_was_taken_over_can_begin_anew(store: Store):
    talked(store)
    adopted = store.accounts.adopt(KEY.session_id, "ann")
    anew = told(store, "new")
    assert anew.generation > adopted.generation
    store.inbox.withdraw(KEY, [each.run_id for each in anew.inbox])
    again = store.accounts.adopt(KEY.session_id, "bob").session.key
    assert log(store, again)[0] == "new"
    assert log(store, adopted.session.key) == CONVERSATION
    with pytest.raises(NotFound):
        store.accounts.adopt(KEY.session_id, "ann")


@pytest.mark.slow
@pytest.mark.parametrize("owners", [("ann", "bob"), ("ann", "ann"), tuple("abcdefgh")])
def test_of_many_who_ask_at_once_one_gets_it(store: Store, owners: tuple[str, ...]):
    talked(store)
    start = Barrier(len(owners))

    def adopt(owner: str) -> SessionKey | None:
        start.wait(PATIENCE_SECONDS)
        try:
            return store.accounts.adopt(KEY.session_id, owner).session.key
        except NotFound:
            return None

    with ThreadPoolExecutor(len(owners)) as pool:
        got = {key for key in pool.map(adopt, owners) if key}
    assert len(got) == 1
    assert log(store, got.pop()) == CONVERSATION
    assert store.sessions.get(KEY) is None
    assert sum(len(list(store.accounts.keys(owner))) for owner in set(owners)) == 1


def test_a_foreign_one_costs_what_an_unknown_one_costs(store: Store, dynamodb: Any):
    talked(store)
    store.accounts.adopt(KEY.session_id, "ann")
    told(store, key=SessionKey("ann", "own"))
    seen: list[list[str]] = []
    for session_id in (KEY.session_id, "own", "nobodys"):
        with counted(dynamodb) as calls, pytest.raises(NotFound):
            store.accounts.adopt(session_id, "bob")
        seen.append(calls)
    assert seen == [["BatchGetItem"]] * 3


def test_a_session_at_work_is_taken_over_when_its_run_has_ended(store: Store):
    told(store)
    with pytest.raises(SessionBusy):
        store.accounts.adopt(KEY.session_id, "ann")
    session = store.sessions.get(KEY)
    assert session
    lease = store.runs.claim(next_of(session), "a")
    with pytest.raises(SessionBusy):
        store.accounts.adopt(KEY.session_id, "ann")
    store.runs.finish(lease, completed(spoken()))
    assert log(store, store.accounts.adopt(KEY.session_id, "ann").session.key) == ["hello", "answer"]


@pytest.mark.slow
def test_a_request_that_is_in_a_wallet_is_answered_first(store: Store, clock: Clock):
    talked(store)
    wanted = Claim(claim_id="tab-one-1", account="0x" + "1" * 40, until=clock() + 10_000)
    store.approvals.claim(KEY, "a" * 32, wanted, approval("a" * 32, "r").digest)
    with pytest.raises(SessionBusy):
        store.accounts.adopt(KEY.session_id, "ann")
    clock.advance(20_000)
    assert store.accounts.adopt(KEY.session_id, "ann").session.approvals


@pytest.mark.slow
def test_its_connections_are_told(store: Store, clock: Clock):
    talked(store)
    store.controls.connect(Connection(connection_id="c", key=KEY, connected_at=clock()))
    adopted = store.accounts.adopt(KEY.session_id, "ann")
    assert (adopted.left, adopted.connections) == (KEY, {"c"})
    assert store.controls.read([KEY])[KEY].deleted == adopted.generation

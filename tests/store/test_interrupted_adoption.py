"""Taking over an anonymous session while others write, and when it is cut off or late anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from forge.dynamodb.codec import Item, Key
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import StorageUnavailable
from forge.models.run import Progress
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.settings import Settings
from forge.store import Store, keys
from forge.store.config import StoreConfig
from forge.store.endings.account_sessions import TableAccounts
from tests.clock import Clock
from tests.store.scenes import KEY, completed, counted, log, next_of, spoken, told
from tests.store.test_adopt_session import CONVERSATION, rows, talked


class Interrupted(Table):
    """Something happens after each copy."""

    happens: Callable[[], None]

    def put_many(self, items: Iterable[Item]) -> None:
        super().put_many(items)
        self.happens()


class Remembered(Table):
    """A table that remembers what was copied."""

    def __init__(self, client: Any, name: str) -> None:
        super().__init__(client, name)
        self.copied: list[Item] = []

    def put_many(self, items: Iterable[Item]) -> None:
        self.copied.extend(items)
        super().put_many(self.copied)


@pytest.mark.slow
@pytest.mark.parametrize("leftover", ["message", "entry", "text"])
def test_a_copy_that_arrives_late_changes_nothing_that_is_shown(
    store: Store, dynamodb: Any, table: str, clock: Clock, leftover: str
):
    """A function may be stopped between reading and copying, and go on when the session has long had its owner.

    An attempt that was fenced off has left an item that nothing shows, where the owner's next run writes.
    """
    talked(store)
    old = store.sessions.get(KEY)
    assert old
    never_shown: dict[str, Item] = {
        "message": keys.message(KEY, old.generation, old.logged),
        "entry": keys.entry(KEY, old.generation, old.history, 0),
        "text": keys.text(KEY, old.generation),
    }
    remembered = Remembered(dynamodb, table)
    remembered.put({**never_shown[leftover], "content": "never shown", "data": b"never shown"})
    accounts = TableAccounts(remembered, StoreConfig.of(Settings(forge_table=table)), clock)
    new = accounts.adopt(KEY.session_id, "ann").session.key
    lease = store.runs.claim(next_of(told(store, "go on", new)), "a")
    lease = store.runs.append(lease, Progress(drafts=[spoken("step")], entries=[b"three"]))
    lease = store.runs.flush(lease, "y" * 33_000)

    def shown() -> tuple[object, ...]:
        session = store.sessions.get(new)
        assert session
        return log(store, new), store.sessions.streaming_text(session), store.journal.history(lease)

    before = shown()
    remembered.put_many([])
    assert shown() == before


@pytest.mark.slow
def test_what_is_said_meanwhile_is_not_lost(store: Store, dynamodb: Any, table: str, clock: Clock):
    """A function of a deployment without a login may still be at work: it writes between copy and change of owner."""
    talked(store)
    late = ["late", "later"]

    def say() -> None:
        if late:
            lease = store.runs.claim(next_of(told(store, late.pop(0))), "a")
            store.runs.finish(lease, completed(spoken("too")))

    interrupted = Interrupted(dynamodb, table)
    interrupted.happens = say
    accounts = TableAccounts(interrupted, StoreConfig.of(Settings(forge_table=table)), clock)
    adopted = accounts.adopt(KEY.session_id, "ann")
    assert log(store, adopted.session.key) == [*CONVERSATION, "late", "too", "later", "too"]


@pytest.mark.slow
def test_an_account_that_is_deleted_meanwhile_leaves_no_session_without_its_messages(
    store: Store, dynamodb: Any, table: str, clock: Clock
):
    """What was adopted is either deleted with the account, or begun in the meantime and whole."""
    talked(store)
    deletions = ["once"]

    def delete() -> None:
        if deletions:
            name = deletions.pop()
            store.accounts.begin_erasure("ann", name)
            for key in store.accounts.keys("ann"):
                store.accounts.erase(key, name)
                store.accounts.forget(key, name)

    interrupted = Interrupted(dynamodb, table)
    interrupted.happens = delete
    accounts = TableAccounts(interrupted, StoreConfig.of(Settings(forge_table=table)), clock)
    adopted = accounts.adopt(KEY.session_id, "ann").session
    assert log(store, adopted.key) == CONVERSATION
    assert len(list(store.accounts.keys("ann"))) == 1


class Overtaken(Table):
    """Something happens before a copy's mark is deleted."""

    happens: Callable[[], object]

    def delete(self, key: Key, change: ConditionalWrite | None = None) -> Item | None:
        if key["sk"] == keys.COPY:
            self.happens()
        return super().delete(key, change)


@pytest.mark.slow
def test_a_deletion_that_an_adoption_overtakes_deletes_what_was_adopted(
    store: Store, dynamodb: Any, table: str, clock: Clock
):
    talked(store)
    interrupted = Interrupted(dynamodb, table)
    overtaken = Overtaken(dynamodb, table)
    overtaken.happens = lambda: adopted.append(store.accounts.adopt(KEY.session_id, "ann").session.key)
    adopted: list[SessionKey] = []
    settings = StoreConfig.of(Settings(forge_table=table))

    def cut() -> None:
        raise StorageUnavailable(retry_after=1)

    interrupted.happens = cut
    with pytest.raises(StorageUnavailable):
        TableAccounts(interrupted, settings, clock).adopt(KEY.session_id, "ann")
    eraser = TableAccounts(overtaken, settings, clock)
    eraser.begin_erasure("ann", "once")
    for key in eraser.keys("ann"):
        eraser.erase(key, "once")
    overtaken.happens = lambda: None
    for key in eraser.keys("ann"):
        eraser.forget(key, "once")
    (key,) = adopted
    assert store.sessions.get(key) is None
    assert rows(dynamodb, table, key) <= {"session", "control"}
    assert eraser.end_erasure("ann", "once", is_finished=True).deleted.sessions == 1


def calls_of_an_adoption(store: Store, dynamodb: Any) -> int:
    talked(store)
    with counted(dynamodb) as calls:
        store.accounts.adopt(KEY.session_id, "ann")
    return len(calls)


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before the call", "after it"])
def test_an_adoption_that_is_cut_off_anywhere_loses_and_doubles_nothing(
    store: Store, dynamodb: Any, table: str, when: str
):
    """Each call to the table fails once: before it is carried out, or when it has been and nobody is told."""
    total = calls_of_an_adoption(store, dynamodb)
    event = "before-call.dynamodb" if when == "before the call" else "after-call.dynamodb"
    for number in range(total):
        session_id = f"s{number}"
        key = SessionKey(ANONYMOUS, session_id)
        lease = store.runs.claim(next_of(told(store, "hello", key)), "a")
        store.runs.finish(lease, completed(spoken("x" * 70_000), entries=[b"one"]))
        left = [number]

        def cut(left: list[int] = left, **_: Any) -> None:
            left[0] -= 1
            if left[0] == -1:
                raise EndpointConnectionError(endpoint_url="cut off")

        dynamodb.meta.events.register(event, cut)
        try:
            store.accounts.adopt(session_id, "ann")
        except StorageUnavailable:
            owned = [mine for mine in store.accounts.keys("ann") if store.sessions.get(mine)]
            assert (store.sessions.get(key) is None) == (len(owned) == number + 2)
        finally:
            dynamodb.meta.events.unregister(event, cut)
        adopted = store.accounts.adopt(session_id, "ann")
        assert log(store, adopted.session.key) == ["hello", "x" * 70_000]
        assert store.sessions.get(key) is None
        assert rows(dynamodb, table, key) <= {"session", "control"}
        assert len(list(store.accounts.keys("ann"))) == number + 2


@pytest.mark.slow
def test_what_an_adoption_that_is_never_resumed_has_copied_is_deleted_with_the_account(
    store: Store, dynamodb: Any, table: str, clock: Clock
):
    talked(store)

    def cut() -> None:
        raise StorageUnavailable(retry_after=1)

    interrupted = Interrupted(dynamodb, table)
    interrupted.happens = cut
    with pytest.raises(StorageUnavailable):
        TableAccounts(interrupted, StoreConfig.of(Settings(forge_table=table)), clock).adopt(
            KEY.session_id, "ann"
        )
    assert store.accounts.sessions("ann", 10, None).sessions == []
    (copied,) = store.accounts.keys("ann")
    assert len(rows(dynamodb, table, copied)) > len(CONVERSATION)
    store.accounts.begin_erasure("ann", "once")
    store.accounts.erase(copied, "once")
    store.accounts.forget(copied, "once")
    assert rows(dynamodb, table, copied) == {"control"}
    assert list(store.accounts.keys("ann")) == []
    assert log(store) == CONVERSATION

"""The list of a person's sessions, and the deletion of all that they have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import InvalidRequest, LeaseLost, StorageUnavailable
from forge.models.account import Deleted
from forge.models.run import Progress
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.store import Store, keys
from forge.store.endings.owned_sessions import _place
from tests.clock import Clock
from tests.properties import examples
from tests.store.scenes import approval, completed, log, next_of, spoken, told
from tests.unlisted import tried

ANN = [SessionKey("ann", f"s{number}") for number in range(5)]


def conversed(store: Store, key: SessionKey) -> None:
    lease = store.runs.claim(next_of(told(store, key=key)), "a")
    lease = store.runs.append(lease, Progress(drafts=[spoken("x" * 40_000)], entries=[b"one", b"two"]))
    store.runs.finish(lease, completed(spoken(), approvals=[approval("a" * 32, lease.run_id)]))


def begun(store: Store, clock: Clock, *sessions: SessionKey) -> None:
    for key in sessions:
        clock.advance(1_000)
        told(store, key.session_id, key)


def rows(dynamodb: Any, table: str, owner: str) -> list[str]:
    items = dynamodb.scan(TableName=table)["Items"]
    prefix = f"session#{SessionKey(owner, '')}"
    return sorted(item["sk"]["S"] for item in items if item["pk"]["S"].startswith(prefix))


@pytest.mark.slow
def test_a_persons_sessions_are_listed_newest_first_page_by_page(store: Store, clock: Clock):
    begun(store, clock, *ANN, SessionKey("bob", "b"), SessionKey(ANONYMOUS, "a"))
    seen: list[str] = []
    after: str | None = None
    for _ in range(3):
        page = store.accounts.sessions("ann", 2, after)
        seen += [session.key.session_id for session in page.sessions]
        after = page.after
    assert seen == ["s4", "s3", "s2", "s1", "s0"]
    assert after is None
    assert store.accounts.sessions("ann", 1, None).sessions[0].title == "s4"
    assert store.accounts.sessions(ANONYMOUS, 10, None).sessions == []


def test_what_has_ended_is_not_listed(store: Store, clock: Clock, dynamodb: Any, table: str):
    begun(store, clock, *ANN[:3])
    store.sessions.delete(ANN[0])
    where = {name: {"S": value} for name, value in keys.hot(ANN[1]).items()}
    dynamodb.update_item(
        TableName=table,
        Key=where,
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )
    assert [each.key for each in store.accounts.sessions("ann", 10, None).sessions] == [ANN[2]]


def test_a_session_that_an_older_version_began_is_listed_from_its_next_message_on(
    store: Store, dynamodb: Any, table: str
):
    told(store, key=ANN[0])
    where = {name: {"S": value} for name, value in keys.hot(ANN[0]).items()}
    dynamodb.update_item(TableName=table, Key=where, UpdateExpression="REMOVE owned_by")
    assert store.accounts.sessions("ann", 10, None).sessions == []
    told(store, key=ANN[0])
    assert [each.key for each in store.accounts.sessions("ann", 10, None).sessions] == [ANN[0]]


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "1",
        "1.session",
        "1.session.",
        "1.control.s",
        ".session.s",
        "-1.session.s",
        "1.session.s\n",
        "1.session." + "s" * 129,
        "1.session.a/b",
        "١.session.s",
    ],
)
def test_a_place_that_no_page_has_named_is_refused(store: Store, after: str):
    with pytest.raises(InvalidRequest):
        store.accounts.sessions("ann", 2, after)


@examples(200)
@given(
    st.one_of(
        st.text(max_size=40),
        st.from_regex(r"[0-9]{0,17}[.](session|copy|x)[.][A-Za-z0-9._~#-]{0,130}", fullmatch=True),
    )
)
def test_a_place_is_in_the_callers_own_list_or_nowhere(after: str):
    tried("places of a list", after)
    try:
        place = _place("ann", after)
    except InvalidRequest:
        return
    assert place["owned_by"] == "ann"
    assert keys.session_of_partition(place["pk"]).owner == "ann"


def erase(store: Store, owner: str, name: str = "once") -> Deleted:
    """As the function does it; `conftest`'s clock does not run out."""
    store.accounts.begin_erasure(owner, name)
    for key in store.accounts.keys(owner):
        store.accounts.erase(key, name)
        store.accounts.forget(key, name)
    return store.accounts.end_erasure(owner, name, is_finished=True).deleted


@pytest.mark.slow
def test_all_of_a_person_is_deleted_and_counted_and_nothing_of_others(
    store: Store, clock: Clock, dynamodb: Any, table: str
):
    conversed(store, ANN[0])
    conversed(store, ANN[1])
    told(store, key=ANN[2])
    lease = store.runs.claim(next_of(told(store, key=ANN[3])), "a")
    others = SessionKey("bob", "s0"), SessionKey(ANONYMOUS, "s0")
    for other in others:
        conversed(store, other)
    deleted = erase(store, "ann")
    assert deleted == Deleted(sessions=4, messages=8, memory_entries=4, wallet_requests=2, runs=2)
    assert rows(dynamodb, table, "ann") == ["control"] * 4 + ["session"] * 4
    assert [store.sessions.get(key) for key in ANN] == [None] * 5
    assert list(store.accounts.keys("ann")) == []
    with pytest.raises(LeaseLost):
        store.runs.flush(lease, "text")
    for other in others:
        assert len(log(store, other)) == 3


def test_a_damaged_session_is_deleted_as_well(store: Store, dynamodb: Any, table: str):
    told(store, key=ANN[0])
    where = {name: {"S": value} for name, value in keys.hot(ANN[0]).items()}
    dynamodb.update_item(
        TableName=table, Key=where, UpdateExpression="REMOVE generation, inbox, rev, approvals"
    )
    assert erase(store, "ann") == Deleted(sessions=1)
    assert list(store.accounts.keys("ann")) == []
    assert store.sessions.get(ANN[0]) is None


def test_the_same_name_goes_on_with_the_receipt_and_another_begins_one(store: Store, clock: Clock):
    conversed(store, ANN[0])
    assert erase(store, "ann").sessions == 1
    clock.advance(1_000)
    assert erase(store, "ann").sessions == 1
    assert erase(store, "ann", "again").sessions == 0
    assert erase(store, "bob").sessions == 0


def test_what_begins_anew_meanwhile_stays(store: Store):
    conversed(store, ANN[0])
    store.accounts.begin_erasure("ann", "once")
    store.accounts.erase(ANN[0], "once")
    told(store, "anew", ANN[0])
    store.accounts.forget(ANN[0], "once")
    assert [each.key for each in store.accounts.sessions("ann", 10, None).sessions] == [ANN[0]]
    assert store.sessions.get(ANN[0])


def cutting(left: list[int]) -> Callable[..., None]:
    def cut(**_: Any) -> None:
        left[0] -= 1
        if left[0] == -1:
            raise EndpointConnectionError(endpoint_url="cut off")

    return cut


@pytest.mark.slow
@pytest.mark.parametrize("event", ["before-call.dynamodb", "after-call.dynamodb"])
def test_a_deletion_that_is_cut_off_anywhere_counts_each_once_and_leaves_nothing(
    store: Store, dynamodb: Any, table: str, event: str
):
    """Each call to the table fails once: before it is carried out, or when it has been and nobody is told."""
    number, was_cut = 0, True
    while was_cut:
        owner, left = f"ann{number}", [number]
        for session_id in ("s0", "s1"):
            conversed(store, SessionKey(owner, session_id))
        cut = cutting(left)
        dynamodb.meta.events.register(event, cut)
        try:
            erase(store, owner)
        except StorageUnavailable:
            was_cut = True
        else:
            was_cut = False
        finally:
            dynamodb.meta.events.unregister(event, cut)
        assert erase(store, owner).model_dump() == {
            "sessions": 2,
            "messages": 6,
            "memory_entries": 4,
            "wallet_requests": 2,
            "runs": 0,
        }
        assert rows(dynamodb, table, owner) == ["control"] * 2 + ["session"] * 2
        assert list(store.accounts.keys(owner)) == []
        number += 1
    assert number > 10

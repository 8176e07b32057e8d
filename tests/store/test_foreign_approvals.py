"""During an update two versions share a session: each leaves the wallet requests of the other unchanged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import NotFound
from forge.models.approval import CLAIM_MS, Approval, Claim
from forge.models.public import CANNOT_BE_SHOWN, hot
from forge.models.session import Session
from forge.store import Store, keys
from forge.store.stored.wallet_requests import read_approvals
from tests.clock import Clock
from tests.store.scenes import KEY, approval, completed, next_of, started, told
from tests.unlisted import tried

OURS, THEIRS = "a" * 32, "b" * 32
Json = dict[str, Any]
FORMS: dict[str, Callable[[Json], Any]] = {
    "a form of its own": lambda asked: asked.update(form=2),
    "no calls but typed data": lambda asked: asked.update(transaction={"chain_id": 1, "typed_data": "{}"}),
    "another digest": lambda asked: asked.pop("digest"),
}


def foreign(change: Callable[[Json], Any], run_id: str) -> str:
    asked = json.loads(approval(THEIRS, run_id).model_dump_json())
    change(asked)
    return json.dumps(asked, indent=1)


def both_pending(store: Store, dynamodb: Any, table: str, text: str) -> None:
    """An open request of ours, beside `text` as another version would have stored its own."""
    lease = started(store)
    run_id = lease.session.active.run_id  # type: ignore[union-attr]
    store.runs.finish(lease, completed(approvals=[approval(OURS, run_id)]))
    dynamodb.update_item(
        TableName=table,
        Key={name: {"S": value} for name, value in keys.hot(KEY).items()},
        UpdateExpression="SET approvals = list_append(approvals, :theirs)",
        ExpressionAttributeValues={":theirs": {"L": [{"S": text}]}},
    )


def session(store: Store) -> Session:
    found = store.sessions.get(KEY)
    assert found is not None
    return found


def stored(dynamodb: Any, table: str) -> list[str]:
    key = {name: {"S": value} for name, value in keys.hot(KEY).items()}
    item = dynamodb.get_item(TableName=table, Key=key)["Item"]
    return [each["S"] for each in item["approvals"]["L"]]


def claimed(store: Store, approval_id: str, digest: str, clock: Clock) -> Session:
    wanted = Claim(claim_id="tab-one-1", account="0x" + "2" * 40, until=clock() + CLAIM_MS)
    return store.approvals.claim(KEY, approval_id, wanted, digest)


@pytest.mark.parametrize("change", FORMS.values(), ids=FORMS)
def test_a_request_of_another_version_is_told_of_never_shown_and_kept_as_it_is(
    store: Store, dynamodb: Any, table: str, clock: Clock, change: Callable[[Json], Any]
) -> None:
    text = foreign(change, "c" * 32)
    both_pending(store, dynamodb, table, text)
    shown = hot(session(store), None)
    assert [each.approval_id for each in shown.approvals] == [OURS]
    assert shown.notices == [CANNOT_BE_SHOWN]
    with pytest.raises(NotFound):
        claimed(store, THEIRS, "d" * 64, clock)
    claimed(store, OURS, session(store).approvals[0].digest, clock)
    assert stored(dynamodb, table)[1:] == [text]
    lease = store.runs.claim(next_of(told(store)), "w")
    store.runs.finish(lease, completed(answered=frozenset({OURS})))
    assert stored(dynamodb, table) == [text]


def test_a_field_that_a_newer_version_has_added_survives_a_claim(
    store: Store, dynamodb: Any, table: str, clock: Clock
) -> None:
    both_pending(store, dynamodb, table, foreign(lambda asked: asked.update(badge="new"), "c" * 32))
    (ours, theirs) = session(store).approvals
    assert hot(session(store), None).notices == []
    claimed(store, THEIRS, theirs.digest, clock)
    kept = [json.loads(text) for text in stored(dynamodb, table)]
    assert [each.get("badge") for each in kept] == [None, "new"]
    assert kept[1]["claim"]["claim_id"] == "tab-one-1"
    assert ours.claim is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(sorted(Approval.model_fields)), VALUES)
def test_whatever_a_field_holds_the_request_is_shown_whole_kept_or_left_out(field: str, value: Any) -> None:
    tried("stored wallet requests", (field, value))
    asked: Json = json.loads(approval(THEIRS, "c" * 32).model_dump_json()) | {field: value}
    text = json.dumps(asked)
    shown, kept = read_approvals({"pk": "p", "sk": "session", "approvals": [text]})
    assert len(shown) + len(kept) == (1 if shown or type(asked["expires_at"]) is int else 0)
    assert not (shown and kept)
    assert [each.stored for each in kept] in ([], [text])

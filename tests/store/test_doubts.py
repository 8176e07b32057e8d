"""What a used-up wallet request leaves in doubt is remembered, and told of each like request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from forge.errors import ApprovalHeld
from forge.models.approval import Approval, Report
from forge.models.doubt import DOUBTS_LIMIT, REPORTS_LIMIT, Doubt
from forge.models.session import Session
from forge.store import Store, keys
from tests.clock import T0
from tests.store.scenes import KEY, approval, completed, started

PAYER, OTHER = "0x" + "2a" * 20, "0x" + "3" * 40
USED_UP = "f" * 32
Json = dict[str, Any]


def asked(name: str, sender: str | None, data: str = "0x") -> Approval:
    request = approval(name * 32, "c" * 32, data)
    transaction = request.transaction.model_copy(update={"sender": sender})
    return request.model_copy(update={"transaction": transaction, "digest": transaction.digest()})


def doubted(store: Store, *doubts: Doubt, open_ones: tuple[Approval, ...] = ()) -> Session:
    """The session after a run that has used up a request."""
    ending = completed(answered=frozenset({USED_UP}), doubts=list(doubts), approvals=list(open_ones))
    store.runs.finish(started(store), ending)
    found = store.sessions.get(KEY)
    assert found is not None
    return found


def doubt(data: str = "0x", account: str | None = PAYER, at: int = T0) -> Doubt:
    digest = asked("f", None, data).transaction.calls_digest()
    return Doubt(calls_digest=digest, account=account, reports=[Report(outcome="unknown", at=at)])


def test_a_request_that_is_bound_to_an_account_gets_what_is_in_doubt_of_that_account(store: Store) -> None:
    before = asked("a", OTHER)
    doubted(store, doubt(), open_ones=(before,))
    (after,) = store.approvals.bind(KEY, before.digest, asked("a", PAYER)).approvals
    assert after.transaction.sender == PAYER
    assert [each.at for each in after.reported] == [before.created_at - 1]
    (again,) = store.approvals.bind(KEY, after.digest, asked("a", OTHER)).approvals
    assert again.reported == after.reported


def test_a_request_is_not_bound_to_the_account_of_another_open_one_for_the_same_transaction(
    store: Store,
) -> None:
    one, other = asked("a", OTHER), asked("b", PAYER)
    doubted(store, open_ones=(one, other, asked("d", PAYER, "0x12")))
    with pytest.raises(ApprovalHeld, match="Another open request"):
        store.approvals.bind(KEY, one.digest, asked("a", PAYER))
    store.approvals.bind(KEY, one.digest, asked("a", "0x" + "4" * 40))


@pytest.mark.slow
def test_a_transaction_that_is_doubted_again_and_again_pushes_no_other_one_out(store: Store) -> None:
    doubted(store, doubt())
    doubted(store, *(doubt("0x12", PAYER, T0 + number) for number in range(DOUBTS_LIMIT)))
    one, other = doubted(store, doubt("0x12", PAYER.upper().replace("X", "x"), T0 + 99)).doubts
    assert (one.calls_digest, one.reports) == (doubt().calls_digest, doubt().reports)
    assert (other.calls_digest, [each.at for each in other.reports]) == (
        doubt("0x12").calls_digest,
        [T0 + 99],
    )


def test_the_oldest_of_many_doubts_is_left_out(store: Store) -> None:
    many = [doubt(f"0x{number:02x}") for number in range(DOUBTS_LIMIT + 2)]
    kept = doubted(store, *many).doubts
    assert [each.calls_digest for each in kept] == [each.calls_digest for each in many[2:]]


def test_a_doubt_that_comes_back_is_the_newest_and_has_the_last_report_of_each_hash(store: Store) -> None:
    many = [doubt(f"0x{number:02x}") for number in range(DOUBTS_LIMIT)]
    doubted(store, *many)
    hashes = [Report(transaction_hash=f"0x{n:064x}", outcome="not_found", at=T0 + n) for n in range(12)]
    again = many[0].model_copy(update={"reports": hashes})
    kept = doubted(store, again, doubt("0xff")).doubts
    assert [each.calls_digest for each in kept[-2:]] == [again.calls_digest, doubt("0xff").calls_digest]
    assert kept[-2].reports == hashes[-REPORTS_LIMIT:]
    assert kept[0].calls_digest == many[2].calls_digest


def test_a_report_counts_for_its_request_although_the_clock_that_wrote_it_is_slow(store: Store) -> None:
    """What is reported from before a request is of an earlier one."""
    request = asked("a", PAYER)
    doubted(store, open_ones=(request,))
    slow = Report(outcome="unknown", at=request.created_at - 5_000)
    store.runs.finish(started(store), completed(reported={request.approval_id: slow}))
    found = store.sessions.get(KEY)
    assert found is not None
    assert [each.at for each in found.approvals[0].reported] == [request.created_at]


def put_doubts(dynamodb: Any, table: str, value: Any) -> None:
    dynamodb.update_item(
        TableName=table,
        Key={name: {"S": part} for name, part in keys.hot(KEY).items()},
        UpdateExpression="SET doubts = :doubts",
        ExpressionAttributeValues={":doubts": value},
    )


def stored_doubts(dynamodb: Any, table: str) -> list[str]:
    key = {name: {"S": part} for name, part in keys.hot(KEY).items()}
    return [each["S"] for each in dynamodb.get_item(TableName=table, Key=key)["Item"]["doubts"]["L"]]


FOREIGN: dict[str, Callable[[Json], Any]] = {
    "a form of its own": lambda stored: stored.update(form=2),
    "another digest": lambda stored: stored.pop("calls_digest"),
    "a report of a new outcome": lambda stored: stored["reports"][0].update(outcome="late"),
    "reports in another place": lambda stored: stored.update(reports=[]),
    "an account of another kind": lambda stored: stored.update(account={"name": "x.eth"}),
}


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN)
def test_a_doubt_of_another_version_counts_for_every_request_and_is_kept_as_it_is(
    store: Store, dynamodb: Any, table: str, change: Callable[[Json], Any], caplog: pytest.LogCaptureFixture
) -> None:
    request, told_already = asked("a", OTHER, "0x12"), doubt("0x34")
    doubted(store, open_ones=(request,))
    theirs = json.loads(doubt().as_stored())
    change(theirs)
    text = json.dumps(theirs, indent=1)
    put_doubts(dynamodb, table, {"L": [{"S": text}]})
    (bound,) = store.approvals.bind(KEY, request.digest, asked("a", PAYER, "0x12")).approvals
    assert [each.outcome for each in bound.reported] == ["unknown"]
    assert bound.reported[0].at < bound.created_at
    assert "stored item not readable" in caplog.messages
    doubted(store, told_already, told_already)
    assert stored_doubts(dynamodb, table) == [text, told_already.as_stored()]


def test_a_field_that_a_newer_version_has_added_to_a_doubt_is_kept(
    store: Store, dynamodb: Any, table: str
) -> None:
    doubted(store)
    theirs = json.dumps({**json.loads(doubt().as_stored()), "badge": "new"})
    put_doubts(dynamodb, table, {"L": [{"S": theirs}]})
    kept = doubted(store, doubt("0x34")).doubts
    assert [each.calls_digest for each in kept] == [doubt().calls_digest, doubt("0x34").calls_digest]
    assert json.loads(stored_doubts(dynamodb, table)[0])["badge"] == "new"


@pytest.mark.parametrize("value", [{"S": "?"}, {"L": [{"N": "7"}]}], ids=["no list", "no text"])
def test_damaged_doubts_count_for_every_request(store: Store, dynamodb: Any, table: str, value: Any) -> None:
    doubted(store)
    put_doubts(dynamodb, table, value)
    (found,) = doubted(store).doubts
    assert found.is_about(asked("a", OTHER, "0x12").transaction)


def test_a_session_of_the_version_before_doubts_has_none(store: Store, dynamodb: Any, table: str) -> None:
    assert doubted(store).doubts == []
    key = {name: {"S": part} for name, part in keys.hot(KEY).items()}
    assert "doubts" not in dynamodb.get_item(TableName=table, Key=key)["Item"]
    assert [each.calls_digest for each in doubted(store, doubt()).doubts] == [doubt().calls_digest]

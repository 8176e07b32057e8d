"""What a used-up wallet request leaves in doubt is remembered, and told of each like request."""

from __future__ import annotations

import pytest

from forge.errors import ApprovalHeld
from forge.models.approval import Approval, Report
from forge.models.doubt import Doubt
from forge.models.session import Session
from forge.store import Store
from tests.clock import T0
from tests.store.scenes import KEY, approval, completed, started

PAYER, OTHER = "0x" + "2" * 40, "0x" + "3" * 40
USED_UP = "f" * 32


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

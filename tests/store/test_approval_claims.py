"""Claims: a wallet request is in one wallet at a time, and one that may have been sent is not sent again by
accident.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from forge.dynamodb.codec import encode_item
from forge.errors import ApprovalHeld, NotFound
from forge.models.approval import CLAIM_MS, Approval, Claim, Report
from forge.models.approval_reply import ApprovalReply
from forge.models.run import Ending, Progress, receipt_of
from forge.models.session_key import SessionKey
from forge.models.wallet_receipt import WalletReceipt
from forge.models.work import Lease
from forge.store import Store, keys
from tests.clock import Clock
from tests.store.scenes import KEY, approval, completed, counted, next_of, spoken, started, submission
from tests.store.test_races import together

ID = "a" * 32
PAYER = "0x" + "2" * 40
OTHER = "0x" + "3" * 40


def pending(store: Store, *, sender: str | None = None) -> Approval:
    """The session's open wallet request."""
    lease = started(store)
    asked = approval(ID, lease.session.active.run_id)  # type: ignore[union-attr]
    transaction = asked.transaction.model_copy(update={"sender": sender})
    asked = asked.model_copy(update={"transaction": transaction, "digest": transaction.digest()})
    store.runs.finish(lease, Ending(outcome="waiting", approvals=[asked]))
    return asked


def claim(store: Store, asked: Approval, claim_id: str, clock: Clock, **values: Any) -> Approval:
    account = values.pop("account", PAYER)
    digest = values.pop("digest", asked.digest)
    wanted = Claim(claim_id=claim_id, account=account, until=clock() + CLAIM_MS)
    return store.approvals.claim(KEY, ID, wanted, digest, **values).approvals[0]


def test_a_claim_is_one_read_and_one_write(store: Store, clock: Clock, dynamodb: Any):
    asked = pending(store)
    with counted(dynamodb) as calls:
        claimed = claim(store, asked, "tab-one-1", clock)
    assert sorted(calls) == ["GetItem", "UpdateItem"]
    assert claimed.claim == Claim(claim_id="tab-one-1", account=PAYER, until=clock() + CLAIM_MS)
    assert claimed.payer == PAYER
    assert claimed.digest == asked.digest


def test_of_many_at_once_one_gets_the_claim(store: Store, clock: Clock):
    asked = pending(store)
    answers = together(*(lambda n=n: claim(store, asked, f"device-{n:02}", clock) for n in range(6)))
    winners = [answer for answer in answers if isinstance(answer, Approval)]
    assert len(winners) == 1
    assert sum(isinstance(answer, ApprovalHeld) for answer in answers) == 5


def test_the_same_claim_is_renewed_and_given_back(store: Store, clock: Clock):
    asked = pending(store)
    claim(store, asked, "tab-one-1", clock)
    clock.advance(100_000)
    renewed = claim(store, asked, "tab-one-1", clock)
    assert renewed.claim
    assert renewed.claim.until == clock() + CLAIM_MS
    with pytest.raises(ApprovalHeld):
        store.approvals.release(KEY, ID, "tab-two-2")
    assert store.approvals.release(KEY, ID, "tab-one-1").approvals[0].claim is None
    assert store.approvals.release(KEY, ID, "tab-one-1").approvals[0].claim is None
    assert claim(store, asked, "tab-two-2", clock).claim


def test_a_request_does_not_expire_while_a_wallet_has_it(store: Store, clock: Clock):
    asked = pending(store)
    assert claim(store, asked, "tab-one-1", clock).expires_at == asked.expires_at
    clock.advance(asked.expires_at - clock() - 1)
    for _ in range(3):
        claimed = claim(store, asked, "tab-one-1", clock)
        assert claimed.expires_at == clock() + CLAIM_MS
        clock.advance(CLAIM_MS - 1)
    assert store.approvals.release(KEY, ID, "tab-one-1").approvals
    clock.advance(1)
    with pytest.raises(NotFound):
        claim(store, asked, "tab-two-2", clock)


def test_a_claim_that_lapsed_without_an_answer_is_taken_over_only_by_an_explicit_act(
    store: Store, clock: Clock
):
    asked = pending(store)
    claim(store, asked, "tab-one-1", clock)
    with pytest.raises(ApprovalHeld):
        claim(store, asked, "tab-two-2", clock, again=True)
    clock.advance(CLAIM_MS + 1)
    with pytest.raises(ApprovalHeld):
        claim(store, asked, "tab-two-2", clock)
    taken = claim(store, asked, "tab-two-2", clock, again=True)
    assert [report.outcome for report in taken.reported] == ["unknown"]
    released = store.approvals.release(KEY, ID, "tab-two-2").approvals[0]
    assert released.claim is None
    with pytest.raises(ApprovalHeld):
        claim(store, asked, "tab-one-1", clock)


def test_a_page_that_slept_renews_its_claim_unless_somebody_has_gone_on(store: Store, clock: Clock):
    asked = pending(store)
    claim(store, asked, "tab-one-1", clock)
    clock.advance(CLAIM_MS + 1)
    assert claim(store, asked, "tab-one-1", clock).reported == []
    clock.advance(CLAIM_MS + 1)
    assert len(claim(store, asked, "tab-two-2", clock, again=True).reported) == 1
    assert claim(store, asked, "tab-two-2", clock).claim
    for _ in range(2):
        with pytest.raises(ApprovalHeld):
            claim(store, asked, "tab-one-1", clock)
        clock.advance(CLAIM_MS + 1)


@pytest.mark.parametrize(
    ("sender", "values"),
    [(None, {"digest": "0" * 64}), (OTHER, {}), (OTHER, {"again": True})],
    ids=["another digest", "another account", "another account, knowingly"],
)
def test_a_claim_for_something_else_is_refused(
    store: Store, clock: Clock, sender: str | None, values: dict[str, Any]
):
    asked = pending(store, sender=sender)
    with pytest.raises(ApprovalHeld):
        claim(store, asked, "tab-one-1", clock, **values)
    assert claim(store, asked, "tab-one-1", clock, account=sender or PAYER).claim


@pytest.mark.parametrize("named", [ID, None], ids=["by its id", "as the oldest"])
def test_while_an_answer_is_checked_nothing_is_signed(store: Store, clock: Clock, named: str | None):
    asked = pending(store)
    reply = ApprovalReply(approval_id=named, outcome="sent", transaction_hash="0x" + "b" * 64)
    store.inbox.accept(KEY, submission("Transaction sent", approval=reply))
    with pytest.raises(ApprovalHeld):
        claim(store, asked, "tab-one-1", clock, again=True)


def test_a_request_that_is_not_there_or_over_is_not_found(store: Store, clock: Clock):
    asked = pending(store)
    wanted = Claim(claim_id="tab-one-1", account=PAYER, until=clock() + CLAIM_MS)
    for key, name in ((SessionKey("bob", "s1"), ID), (KEY, "f" * 32)):
        with pytest.raises(NotFound):
            store.approvals.claim(key, name, wanted, asked.digest)
        with pytest.raises(NotFound):
            store.approvals.release(key, name, "tab-one-1")
    clock.advance(600_001)
    with pytest.raises(NotFound):
        store.approvals.claim(KEY, ID, wanted, asked.digest)


def test_a_report_ends_the_claim_and_the_next_signing_is_an_explicit_act(store: Store, clock: Clock):
    asked = pending(store)
    claim(store, asked, "tab-one-1", clock)
    report = Report(outcome="not_found", transaction_hash="0x" + "b" * 64, at=clock() + 1)
    store.runs.finish(started(store, "look"), completed(reported={ID: report}))
    clock.advance(2)
    with pytest.raises(ApprovalHeld):
        claim(store, asked, "tab-two-2", clock)
    assert claim(store, asked, "tab-two-2", clock, again=True).reported == [report]


def test_the_wallet_of_the_person_is_known_until_they_disconnect(store: Store):
    assert store.sessions.set_wallet(KEY, PAYER).wallet == PAYER
    assert store.sessions.set_network(KEY, "base").wallet == PAYER
    assert store.sessions.set_wallet(KEY, None).wallet is None


def test_a_wallets_answer_is_a_receipt_in_the_log(store: Store, clock: Clock):
    asked = pending(store)
    reply = ApprovalReply(approval_id=asked.approval_id, outcome="sent", transaction_hash="0x" + "b" * 64)
    session = store.inbox.accept(KEY, submission("Transaction sent", approval=reply))
    lease = store.runs.claim(next_of(session), "w")
    checked = WalletReceipt(approval_id=ID, call_id="c1", outcome="succeeded", closes=True, block_number=7)
    store.runs.finish(lease, completed(spoken("done").model_copy(update={"receipt": checked})))
    kept = store.sessions.get(KEY)
    assert kept
    messages = store.sessions.messages(kept, 1)
    assert [message.receipt and message.receipt.outcome for message in messages] == ["reported", "succeeded"]
    assert messages[0].receipt == receipt_of(reply)
    assert messages[1].receipt == checked


HASH = "0x" + "b" * 64


def answer_withdrawn(store: Store, clock: Clock, reply: ApprovalReply) -> None:
    session = store.inbox.accept(KEY, submission("Transaction sent", approval=reply))
    store.inbox.withdraw(KEY, [session.inbox[0].run_id])


def answer_withdrawn_beside_a_run(store: Store, clock: Clock, reply: ApprovalReply) -> None:
    lease = started(store, "meanwhile")
    answer_withdrawn(store, clock, reply)
    store.runs.finish(lease, completed(spoken()))


def answers_run_stopped(store: Store, clock: Clock, reply: ApprovalReply) -> None:
    lease = answers_run(store, reply)
    store.runs.finish(lease, Ending(outcome="interrupted"))


def answers_run_abandoned(store: Store, clock: Clock, reply: ApprovalReply) -> None:
    lease = answers_run(store, reply)
    clock.advance(6_001)
    store.recovery.interrupt_abandoned(KEY, lease.run_id)


def answers_run(store: Store, reply: ApprovalReply) -> Lease:
    return store.runs.claim(next_of(store.inbox.accept(KEY, submission("answer", approval=reply))), "w")


@pytest.mark.parametrize(
    "end", [answer_withdrawn, answer_withdrawn_beside_a_run, answers_run_stopped, answers_run_abandoned]
)
@pytest.mark.parametrize("named", [ID, None], ids=["by its id", "as the oldest"])
def test_an_answer_that_ends_unchecked_stays_with_its_request(
    store: Store, clock: Clock, end: Callable[[Store, Clock, ApprovalReply], None], named: str | None
):
    asked = pending(store)
    claim(store, asked, "tab-one-1", clock)
    end(store, clock, ApprovalReply(approval_id=named, outcome="sent", transaction_hash=HASH))
    (kept,) = (store.sessions.get(KEY) or pytest.fail("no session")).approvals
    assert [(each.transaction_hash, each.outcome) for each in kept.reported] == [(HASH, "unknown")]
    with pytest.raises(ApprovalHeld):
        claim(store, asked, "tab-one-1", clock)
    assert claim(store, asked, "tab-one-1", clock, again=True).claim


def test_a_refusal_that_ends_unchecked_leaves_its_request_as_it_was(store: Store, clock: Clock):
    asked = pending(store)
    answer_withdrawn(store, clock, ApprovalReply(approval_id=ID, outcome="rejected"))
    assert claim(store, asked, "tab-one-1", clock).reported == []


def test_an_answer_that_was_checked_is_not_reported_once_more(store: Store, clock: Clock):
    asked = pending(store)
    found = Report(outcome="not_found", transaction_hash=HASH, at=clock())
    lease = answers_run(store, ApprovalReply(approval_id=ID, outcome="sent", transaction_hash=HASH))
    lease = store.runs.append(lease, Progress(reported={ID: found}))
    store.runs.finish(lease, Ending(outcome="interrupted"))
    assert claim(store, asked, "tab-one-1", clock, again=True).reported == [found]


@pytest.mark.parametrize("named", [ID, None], ids=["by its id", "as the oldest"])
def test_once_an_answer_is_checked_its_run_keeps_nobody_from_signing(
    store: Store, clock: Clock, named: str | None
):
    asked = pending(store)
    found = Report(outcome="different", transaction_hash=HASH, at=clock())
    lease = answers_run(store, ApprovalReply(approval_id=named, outcome="sent", transaction_hash=HASH))
    with pytest.raises(ApprovalHeld):
        claim(store, asked, "tab-one-1", clock, again=True)
    store.runs.append(lease, Progress(reported={ID: found}))
    assert claim(store, asked, "tab-one-1", clock, again=True).claim


def store_as(dynamodb: Any, table: str, asked: Approval, later: dict[str, Any]) -> None:
    text = json.dumps(json.loads(asked.model_dump_json()) | later)
    dynamodb.update_item(
        TableName=table,
        Key=encode_item(keys.hot(KEY)),
        UpdateExpression="SET approvals = :stored",
        ExpressionAttributeValues=encode_item({":stored": [text]}),
    )


@pytest.mark.parametrize(
    "later",
    [{"reported": [{"outcome": "of a later version", "at": 1}]}, {"claim": {"of": "a later version"}}],
    ids=["report", "claim"],
)
def test_a_request_of_which_it_cannot_be_read_what_wallets_did_may_have_been_sent(
    store: Store, clock: Clock, dynamodb: Any, table: str, later: dict[str, Any]
):
    asked = pending(store)
    store_as(dynamodb, table, asked, later)
    with pytest.raises(ApprovalHeld):
        claim(store, asked, "tab-one-1", clock)
    assert [each.outcome for each in claim(store, asked, "tab-one-1", clock, again=True).reported] == [
        "unknown"
    ]


def test_a_request_whose_review_cannot_be_read_is_shown_without_it(
    store: Store, clock: Clock, dynamodb: Any, table: str
):
    asked = pending(store)
    store_as(dynamodb, table, asked, {"review": {"outcome": "of a later version"}})
    assert claim(store, asked, "tab-one-1", clock).review.outcome == "unknown"

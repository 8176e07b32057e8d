"""Entity to public view: what older clients depend on to the letter."""

from __future__ import annotations

import json
import re

import pytest

from forge.models.approval import Approval, Claim, Report, WalletTransaction
from forge.models.approval_reply import ApprovalReply
from forge.models.ids import new_run_id
from forge.models.message import Draft, cut
from forge.models.public import empty_state, state, summary
from forge.models.run import ActiveRun, Submission
from forge.models.session import Catalog, Session
from forge.models.session_key import SessionKey

NOW = 1_800_000_000_123
CATALOG = Catalog(llm="offline", published_at=NOW)


def a_submission(content: str) -> Submission:
    return Submission(run_id=new_run_id(), content=content, created_at=NOW)


def a_session(**changes: object) -> Session:
    session = Session(
        key=SessionKey("anonymous", "s"),
        generation=1,
        rev=7,
        network="testnet",
        created_at=NOW,
        last_activity_at=NOW,
        expires_at=NOW // 1000 + 60,
    )
    return session.model_copy(update=changes)


def an_active_run(**changes: object) -> ActiveRun:
    run = ActiveRun(
        submission=a_submission("question"),
        attempt=1,
        fence=5,
        worker="w",
        lease_until=NOW,
        started_at=NOW,
    )
    return run.model_copy(update=changes)


def test_the_state_reads_in_order_log_then_input_then_streaming_text_then_queue() -> None:
    log = [Draft(sender="user", content="before", created_at=NOW).at(0)]
    session = a_session(logged=1, active=an_active_run(), inbox=[a_submission("later")])
    view = state(session, log, "so far", CATALOG)
    assert [(m.seq, m.sender, m.content, m.is_streaming) for m in view.messages] == [
        (0, "user", "before", False),
        (1, "user", "question", False),
        (2, "agent", "so far", True),
        (None, "user", "later", False),
    ]
    assert (view.message_count, view.is_processing) == (2, True)
    assert view.active_run is not None
    assert view.active_run.seq == 2


def test_the_streaming_text_follows_the_log_once_the_input_is_in_it() -> None:
    session = a_session(logged=2, active=an_active_run(input_logged=True))
    log = [Draft(sender="user", content=str(n), created_at=NOW).at(n) for n in range(2)]
    assert [m.seq for m in state(session, log, "text", CATALOG).messages] == [0, 1, 2]


def test_a_timestamp_is_a_clock_time_with_its_offset() -> None:
    view = state(a_session(inbox=[a_submission("hello")]), [], "", CATALOG)
    assert re.fullmatch(r"\d\d:\d\d:\d\d [+-]\d\d:\d\d", view.messages[0].timestamp)
    assert view.messages[0].created_at == "2027-01-15T08:00:00.123Z"


def test_an_unknown_session_is_the_empty_state() -> None:
    view = empty_state("s", "testnet", CATALOG)
    assert (view.messages, view.is_processing, view.is_loading, view.message_count) == ([], False, False, 0)


def test_nothing_is_ready_before_a_worker_has_published_its_catalog() -> None:
    assert empty_state("s", "testnet", None).is_loading


def test_a_missing_key_is_told_to_older_clients() -> None:
    assert state(a_session(), [], "", CATALOG.model_copy(update={"missing_api_key": True})).missing_api_key


def test_the_pending_wallet_transaction_is_a_json_string_of_the_oldest_approval() -> None:
    view = state(a_session(approvals=[an_approval("1"), an_approval("2")]), [], "", CATALOG)
    assert view.pending_wallet_tx is not None
    assert json.loads(view.pending_wallet_tx) == {
        "to": "0x" + "ab" * 20,
        "value": "1",
        "data": "0x",
        "gas": None,
        "description": "send 1 wei",
        "timestamp": "2027-01-15T08:00:00.123Z",
    }
    assert [a.value for a in view.approvals] == ["1", "2"]
    assert state(a_session(), [], "", CATALOG).pending_wallet_tx is None


REPORT = Report(outcome="not_found", at=NOW)
CLAIM = Claim(claim_id="of-another-tab", account="0x" + "cd" * 20, until=NOW)


@pytest.mark.parametrize(
    ("first", "shown"),
    [({}, "1"), ({"claim": CLAIM}, None), ({"reported": [REPORT]}, "2")],
    ids=["waits", "is or was in a wallet", "may have been sent"],
)
def test_older_clients_are_asked_only_for_what_no_wallet_has_had(
    first: dict[str, object], shown: str | None
) -> None:
    approvals = [an_approval("1").model_copy(update=first), an_approval("2")]
    assert value_for_older_clients(a_session(approvals=approvals)) == shown


@pytest.mark.parametrize("named", [True, False], ids=["by its id", "as the oldest"])
def test_a_request_whose_answer_is_being_checked_is_not_shown_to_older_clients_again(named: bool) -> None:
    approvals = [an_approval("1"), an_approval("2")]
    reply = ApprovalReply(approval_id=approvals[0].approval_id if named else None, outcome="sent")
    answer = a_submission("Transaction sent: 0x").model_copy(update={"approval": reply})
    waiting = a_session(approvals=approvals, inbox=[answer])
    checked = an_active_run(submission=answer)
    for session in (waiting, a_session(approvals=approvals, active=checked)):
        assert value_for_older_clients(session) is None
    settled = checked.model_copy(update={"input_logged": True})
    assert value_for_older_clients(a_session(approvals=approvals[1:], active=settled)) == "2"


def value_for_older_clients(session: Session) -> str | None:
    pending = state(session, [], "", CATALOG).pending_wallet_tx
    return json.loads(pending)["value"] if pending else None


def an_approval(value: str) -> Approval:
    transaction = WalletTransaction.of_call(1, "0x" + "ab" * 20, value=value)
    return Approval(
        approval_id=new_run_id(),
        run_id=new_run_id(),
        call_id="c",
        network="mainnet",
        transaction=transaction,
        digest=transaction.digest(),
        description=f"send {value} wei",
        created_at=NOW,
        expires_at=NOW + 1,
    )


def test_text_is_cut_between_characters() -> None:
    assert cut("🦄🦄🦄", 2) == ("🦄🦄", True)
    assert cut("🦄🦄", 2) == ("🦄🦄", False)


def test_a_summary_names_the_session_and_counts_its_messages() -> None:
    view = summary(a_session(logged=3, title="t"))
    assert (view.session_id, view.title, view.message_count, view.is_processing) == ("s", "t", 3, False)

"""Convert entities to public views. No other module turns stored data into what a client sees."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from forge.models.account import Erasure, Kept
from forge.models.approval import Approval, Report
from forge.models.http import Receipt, SessionSummary, State
from forge.models.message import Draft, Message
from forge.models.run import Submission
from forge.models.session import Catalog, Session
from forge.models.tool_permission import Ask
from forge.models.views import (
    Hot,
    PublicApproval,
    PublicAsk,
    PublicClaim,
    PublicMessage,
    PublicReport,
    PublicRun,
    QueuedMessage,
)

CANNOT_BE_SHOWN = (
    "A wallet request waits that cannot be shown here, because a newer version made it. Reload in a minute."
)


def rfc3339(milliseconds: int) -> str:
    """Format as `2026-11-22T18:58:03.120Z`."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock_time(milliseconds: int) -> str:
    """Format as `HH:MM:SS +00:00`, the older clients' timestamp, always in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%H:%M:%S +00:00")


def public_message(message: Message) -> PublicMessage:
    return _message(message, message.seq)


def queued_message(submission: Submission) -> PublicMessage:
    return _message(submission.draft(), None)


def streaming_message(session: Session, text: str) -> PublicMessage | None:
    """Return the message that is streaming now; None while it has no text."""
    if session.active is None or not text:
        return None
    draft = Draft(
        sender="agent", content=text, created_at=session.active.started_at, run_id=session.active.run_id
    )
    return _message(draft, session.text_seq).model_copy(update={"is_streaming": True})


def _message(draft: Draft, seq: int | None) -> PublicMessage:
    return PublicMessage(
        seq=seq,
        sender=draft.sender,
        kind=draft.kind,
        content=draft.content,
        length=len(draft.content),
        timestamp=clock_time(draft.created_at),
        created_at=rfc3339(draft.created_at),
        run_id=draft.run_id,
        tool=draft.tool,
        receipt=draft.receipt,
        run_end=draft.run_end,
        answer_end=draft.answer_end,
    )


def hot(session: Session, catalog: Catalog | None) -> Hot:
    """Return the public hot state. If `catalog` is None, no worker has ever started, so no message is answered yet."""
    return Hot(
        session_id=session.key.session_id,
        generation=session.generation,
        rev=session.rev,
        title=session.title,
        network=session.network,
        is_processing=session.active is not None or bool(session.inbox),
        is_loading=catalog is None,
        missing_api_key=catalog is not None and catalog.missing_api_key,
        pending_wallet_tx=_legacy_wallet_transaction(session.approvals),
        active_run=_run(session),
        queued=[_queued(submission) for submission in session.inbox],
        approvals=[_approval(approval) for approval in session.approvals],
        asks=[_ask(ask) for ask in session.asks],
        message_count=session.message_count,
        expires_at=rfc3339(session.expires_at * 1000),
        notices=[*(catalog.notices if catalog else []), *_foreign(session)],
        outcomes=session.recent,
    )


def _foreign(session: Session) -> list[str]:
    """During an update, return a notice about requests that only the new version understands."""
    return [CANNOT_BE_SHOWN] if session.foreign_approvals else []


def empty_state(session_id: str, network: str, catalog: Catalog | None) -> State:
    """Return the state of a session that does not exist. Reading creates nothing."""
    return State(
        session_id=session_id,
        generation=0,
        rev=0,
        title=None,
        network=network,
        is_processing=False,
        is_loading=catalog is None,
        missing_api_key=catalog is not None and catalog.missing_api_key,
        pending_wallet_tx=None,
        active_run=None,
        queued=[],
        approvals=[],
        message_count=0,
        expires_at=None,
        notices=catalog.notices if catalog else [],
        messages=[],
    )


def unreadable_state(session_id: str, network: str, catalog: Catalog | None, words: str) -> State:
    """Return the state of a session whose stored item cannot be read, with a notice in place of its messages."""
    told = Draft(sender="system", kind="notice", content=words, created_at=0).at(0)
    empty = empty_state(session_id, network, catalog)
    return empty.model_copy(update={"messages": [public_message(told)], "message_count": 1})


def state(session: Session, log: Sequence[Message], text: str, catalog: Catalog | None) -> State:
    """Return the whole state in the order in which a person reads it: the log, the input, the streaming text, the
    queue.
    """
    messages = [public_message(message) for message in log]
    if opening := session.input_message():
        messages.append(public_message(opening))
    if streaming := streaming_message(session, text):
        messages.append(streaming)
    messages += [queued_message(submission) for submission in session.inbox]
    first = log[0].seq if log else session.logged
    return State(**dict(hot(session, catalog)), first_seq=first, messages=messages)


def older_state(session: Session, log: Sequence[Message], catalog: Catalog | None) -> State:
    """Return the hot state with some of the finished messages and no others."""
    messages = [public_message(message) for message in log]
    return State(**dict(hot(session, catalog)), first_seq=log[0].seq if log else 0, messages=messages)


def summary(session: Session) -> SessionSummary:
    return SessionSummary(
        session_id=session.key.session_id,
        title=session.title,
        network=session.network,
        is_processing=session.active is not None or bool(session.inbox),
        message_count=session.message_count,
        approvals=len(session.approvals) + len(session.asks),
        created_at=rfc3339(session.created_at),
        last_activity_at=rfc3339(session.last_activity_at),
        expires_at=rfc3339(session.expires_at * 1000),
    )


def receipt(erasure: Erasure, kept: Sequence[Kept]) -> Receipt:
    finished_at = erasure.finished_at
    return Receipt(
        is_complete=finished_at is not None,
        deleted=erasure.deleted,
        kept=list(kept),
        started_at=rfc3339(erasure.started_at),
        finished_at=None if finished_at is None else rfc3339(finished_at),
    )


def _run(session: Session) -> PublicRun | None:
    if (active := session.active) is None:
        return None
    return PublicRun(
        run_id=active.run_id,
        attempt=active.attempt,
        started_at=rfc3339(active.started_at),
        seq=session.text_seq,
    )


def _queued(submission: Submission) -> QueuedMessage:
    return QueuedMessage(
        run_id=submission.run_id,
        sender=submission.sender,
        content=submission.content,
        created_at=rfc3339(submission.created_at),
    )


def _approval(approval: Approval) -> PublicApproval:
    transaction = approval.transaction
    return PublicApproval(
        approval_id=approval.approval_id,
        call_id=approval.call_id,
        network=approval.network,
        chain_id=transaction.chain_id,
        to=transaction.to,
        value=transaction.value,
        data=transaction.data,
        gas=transaction.gas,
        sender=transaction.sender,
        calls=transaction.calls,
        digest=approval.digest,
        description=approval.description,
        decoded=approval.decoded,
        simulation=approval.simulation,
        review=approval.review,
        claim=_claim(approval),
        reported=[_report(report) for report in approval.reported],
        created_at=rfc3339(approval.created_at),
        expires_at=rfc3339(approval.expires_at),
    )


def _ask(ask: Ask) -> PublicAsk:
    return PublicAsk(
        approval_id=ask.approval_id,
        call_id=ask.call_id,
        tool=ask.tool,
        arguments=ask.arguments,
        network=ask.network,
        strangers=ask.strangers,
        created_at=rfc3339(ask.created_at),
        expires_at=rfc3339(ask.expires_at),
    )


def _claim(approval: Approval) -> PublicClaim | None:
    claim = approval.claim
    return PublicClaim(account=claim.account, until=rfc3339(claim.until)) if claim else None


def _report(report: Report) -> PublicReport:
    return PublicReport(
        transaction_hash=report.transaction_hash, outcome=report.outcome, at=rfc3339(report.at)
    )


def _legacy_wallet_transaction(approvals: Sequence[Approval]) -> str | None:
    """Return the approval that has waited longest as a JSON string, which older clients read as the only pending
    transaction.
    """
    if not approvals:
        return None
    approval = approvals[0]
    return json.dumps(
        {
            "to": approval.transaction.to,
            "value": approval.transaction.value,
            "data": approval.transaction.data,
            "gas": approval.transaction.gas,
            "description": approval.description,
            "timestamp": rfc3339(approval.created_at),
        }
    )

"""Convert entities to public views. Only this module and `public_requests` turn stored data into what a client sees."""

from __future__ import annotations

from collections.abc import Sequence

from forge.models.account import Erasure, Kept
from forge.models.http import Receipt, SessionSummary, State
from forge.models.message import Draft, Message
from forge.models.public_requests import legacy_wallet_transaction, public_approval, public_ask
from forge.models.run import Submission
from forge.models.session import Catalog, Session
from forge.models.time_texts import clock_time, rfc3339
from forge.models.views import (
    Hot,
    PublicMessage,
    PublicRun,
    QueuedMessage,
)

CANNOT_BE_SHOWN = (
    "A wallet request waits that cannot be shown here, because a newer version made it. Reload in a minute."
)


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
        pending_wallet_tx=legacy_wallet_transaction(session),
        active_run=_run(session),
        queued=[_queued(submission) for submission in session.inbox],
        approvals=[public_approval(approval) for approval in session.approvals],
        asks=[public_ask(ask) for ask in session.asks],
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

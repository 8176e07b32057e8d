"""The use cases of a conversation over HTTP: accept a message, send its run to the queue, stop runs, read the state."""

from __future__ import annotations

import logging

from forge.api import dependencies
from forge.api.entry.prefer_header import NO_PREFERENCES, Preferences
from forge.api.message_pages import MESSAGES_LIMIT, page
from forge.api.push import push_state
from forge.api.unreadable_sessions import not_shown_state, unreadable_state
from forge.api.waiting_for_workers import until_ended
from forge.errors import SessionUnreadable, StorageUnavailable
from forge.models import public
from forge.models.approval_reply import ApprovalReply
from forge.models.http import State
from forge.models.idempotency import Accepted, Once
from forge.models.ids import new_run_id
from forge.models.run import ActiveRun, IfBusy, Submission
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.models.views import Hot
from forge.observability import error_fields, log_fields, record

logger = logging.getLogger(__name__)


def get_state(key: SessionKey, before: int | None = None, limit: int = MESSAGES_LIMIT) -> State:
    """Return the session's state. A session that does not exist has an empty state; reading does not create it.

    With `before`, the messages are the finished ones with smaller numbers, at most `limit` of them.
    """
    try:
        session = dependencies.store().sessions.get(key)
    except SessionUnreadable as unreadable:
        return unreadable_state(key, unreadable)
    if session is None or before is None:
        return state_of(key, session, limit)
    older = page(dependencies.store().sessions, session, before, limit)
    return public.older_state(session, older, dependencies.catalog())


def state_of(key: SessionKey, session: Session | None, limit: int = MESSAGES_LIMIT) -> State:
    catalog = dependencies.catalog()
    if session is None:
        return public.empty_state(key.session_id, dependencies.settings().default_network, catalog)
    sessions = dependencies.store().sessions
    messages = page(sessions, session, session.logged, limit)
    return public.state(session, messages, sessions.streaming_text(session), catalog)


def post_chat(
    key: SessionKey,
    content: str,
    *,
    once: Once | None = None,
    if_busy: IfBusy = "enqueue",
    payer: str = "",
    trace: str | None = None,
    preferences: Preferences = NO_PREFERENCES,
) -> tuple[Accepted, Hot]:
    """Accept a person's message and send its run. Raises `RateLimited`, `InboxFull`, `SessionBusy`, `KeyReused`.

    `trace` is the caller's `traceparent`, empty if there is none; None while tracing is off. A repeated request is
    answered with the present state of the session and the run that the first request began.
    """
    submission = Submission(
        run_id=new_run_id(),
        content=content,
        created_at=dependencies.now(),
        payer=payer,
        trace=trace or "",
        replaces_earlier=if_busy == "interrupt",
    )
    return _accept(key, submission, once, if_busy, preferences, is_traced=trace is not None)


def post_system(
    key: SessionKey,
    content: str,
    *,
    once: Once | None = None,
    approval: ApprovalReply | None = None,
    payer: str = "",
    trace: str | None = None,
    preferences: Preferences = NO_PREFERENCES,
) -> tuple[Accepted, Hot]:
    """Accept a client's message, such as a wallet's answer, in the same way as `post_chat` accepts a person's."""
    submission = Submission(
        run_id=new_run_id(),
        sender="system",
        content=content,
        created_at=dependencies.now(),
        approval=approval,
        payer=payer,
        trace=trace or "",
    )
    return _accept(key, submission, once, "enqueue", preferences, is_traced=trace is not None)


def _accept(
    key: SessionKey,
    submission: Submission,
    once: Once | None,
    if_busy: IfBusy,
    preferences: Preferences,
    *,
    is_traced: bool,
) -> tuple[Accepted, Hot]:
    run_id = submission.run_id
    log_fields(correlation_id=run_id, key_digest=key.digest)
    accepted = dependencies.store().inbox.accept_once(key, submission, if_busy, once)
    try:
        if accepted.run_id != run_id:
            logger.info("message known", extra={"run_id": accepted.run_id})
            return accepted, _repeated(accepted, preferences, submission.payer)
        return accepted, _begun(accepted, submission, preferences, is_traced=is_traced)
    except Exception as error:  # noqa: BLE001  a client that got an error would send the accepted message again
        logger.warning("accepted message not shown", extra=error_fields(error))
        return accepted, _not_shown(accepted)


def _begun(accepted: Accepted, submission: Submission, preferences: Preferences, *, is_traced: bool) -> Hot:
    session, run_id = accepted.session, submission.run_id
    record("MessagesAccepted")
    if session is None:
        return state_of(accepted.key, None)
    if any(waiting.run_id == run_id for waiting in session.inbox):
        # The log line comes after this, because a person waits for the worker.
        _send(session, run_id, is_traced=is_traced)
    if session.created_at >= submission.created_at:
        record("SessionsCreated")
    extra = {"characters": len(submission.content), "waiting": len(session.inbox)}
    logger.info("message accepted", extra=extra)
    session = _stop_replaced(session) if submission.replaces_earlier else session
    return _answer(session, run_id, preferences, submission.payer)


def _not_shown(accepted: Accepted) -> Hot:
    """Return the state after accepting. If it cannot be read or shown, return what is known, because the message is
    accepted.
    """
    try:
        if accepted.session is not None:
            return public.older_state(accepted.session, [], None)
    except Exception as error:  # noqa: BLE001
        logger.warning("session not shown", extra=error_fields(error))
    return not_shown_state(accepted.key)


def _repeated(accepted: Accepted, preferences: Preferences, payer: str) -> Hot:
    """The first request may have accepted the run without sending it, or without stopping those that it replaces.
    Sending it again does not start a second run.
    """
    try:
        session = dependencies.store().sessions.get(accepted.key)
    except SessionUnreadable as unreadable:
        return unreadable_state(accepted.key, unreadable)
    if session is None:
        return state_of(accepted.key, None)
    if any(waiting.run_id == accepted.run_id for waiting in session.inbox):
        _send(session, accepted.run_id)
        session = _stop_replaced(session)
    return _answer(session, accepted.run_id, preferences, payer)


def _answer(session: Session, run_id: str, preferences: Preferences, payer: str) -> Hot:
    """Return the form of the state that the client prefers."""
    shown = until_ended(session, run_id, preferences.wait_seconds, payer)
    return _shown(session.key, shown, preferences)


def _shown(key: SessionKey, session: Session | None, preferences: Preferences) -> Hot:
    if preferences.is_minimal and session is not None:
        return public.hot(session, dependencies.catalog())
    return state_of(key, session)


def interrupt(key: SessionKey, run_id: str | None, preferences: Preferences = NO_PREFERENCES) -> Hot:
    """Stop `run_id`; without it the active run; without one, every queued run. Stopping a run that has ended changes
    nothing.
    """
    try:
        session = dependencies.store().sessions.get(key)
    except SessionUnreadable as unreadable:
        dependencies.store().recovery.stop_unreadable(key)
        return unreadable_state(key, unreadable)
    if session is None:
        return state_of(key, None)
    log_fields(key_digest=key.digest, correlation_id=run_id)
    active = session.active
    if active and run_id in {None, active.run_id}:
        session = _stop_active(session, active)
    elif waiting := [each.run_id for each in session.inbox if run_id in {None, each.run_id}]:
        session = _withdraw(session, waiting)
    try:
        return _shown(key, session, preferences)
    except StorageUnavailable:
        if session is None:
            raise
        return public.older_state(session, [], None)


def _send(session: Session, run_id: str, *, is_traced: bool = False) -> None:
    """Send the run. The message counts as accepted even if sending fails now; `recover_runs` sends it later."""
    payer = next((each.payer for each in session.inbox if each.run_id == run_id), "")
    message = session.run_message(run_id, payer=payer, sent_at=dependencies.now() if is_traced else 0)
    try:
        dependencies.queue().send(message)
    except Exception as error:  # noqa: BLE001 - the client would send the accepted message again
        logger.warning("run not sent", extra={"error": type(error).__name__})


def _stop_active(session: Session, active: ActiveRun) -> Session | None:
    """Tell the run's worker to stop. If its lease has expired, finish the run here.

    The lease is read after the request is stored, because a worker holds a run that waits for the chain only briefly.
    """
    dependencies.store().controls.request_interrupt(session.key, active.run_id)
    logger.info("interrupt requested", extra={"run_id": active.run_id})
    return _changed(session, dependencies.store().recovery.interrupt_abandoned(session.key, active.run_id))


def _stop_replaced(session: Session) -> Session:
    """Stop the runs that a waiting message replaces. If this fails, a worker stops them when it executes them."""
    replaced, active = session.replaced, session.active
    if not replaced:
        return session
    stopped = _stop_active(session, active) if active else session
    earlier = [run_id for run_id in replaced if active is None or run_id != active.run_id]
    return (_withdraw(session, earlier) if earlier else stopped) or session


def _withdraw(session: Session, run_ids: list[str]) -> Session | None:
    after = dependencies.store().inbox.withdraw(session.key, run_ids)
    if after and after.active and after.active.run_id in run_ids:
        return _stop_active(after, after.active)
    return _changed(session, after)


def _changed(before: Session, after: Session | None) -> Session | None:
    """Push the changed state here, because no worker tells the connections of a change that a function makes."""
    if after and after.rev != before.rev:
        told = before.logged if after.generation == before.generation else 0
        try:
            push_state(after, dependencies.store().sessions.messages(after, told))
        except StorageUnavailable:
            logger.warning("state not pushed", extra={"key_digest": after.key.digest})
    return after

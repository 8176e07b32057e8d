"""A session's conversation over HTTP: accept a message, send its run to the queue, stop runs, show the state."""

from __future__ import annotations

import logging

from forge.api import dependencies
from forge.api.push import push_state
from forge.models import public
from forge.models.approval import ApprovalReply
from forge.models.http import State
from forge.models.ids import SessionKey
from forge.models.message import Message
from forge.models.run import ActiveRun, IfBusy, RunMessage, Submission
from forge.models.session import HotSession
from forge.observability import log_fields, record

logger = logging.getLogger(__name__)

STATE_BYTES_LIMIT = 4_000_000
"""Of message contents in a State: an invocation's response holds 6 MB of JSON."""
_PAGE = 200


def view(key: SessionKey) -> State:
    """The state; that of a session which does not exist is empty, and nothing is created by looking."""
    return state_of(key, dependencies.store().sessions.hot(key))


def state_of(key: SessionKey, session: HotSession | None) -> State:
    catalog = dependencies.catalog()
    if session is None:
        return public.empty_state(key.session_id, dependencies.settings().default_network, catalog)
    sessions = dependencies.store().sessions
    text = sessions.streaming_text(session) if session.active else ""
    return public.state(session, _newest_messages(session), text, catalog)


def submit(
    key: SessionKey,
    run_id: str,
    content: str,
    *,
    if_busy: IfBusy = "enqueue",
    approval: ApprovalReply | None = None,
    is_system: bool = False,
) -> State:
    """Accept a message and send its run. Raises `RateLimited`, `InboxFull`, `SessionBusy`."""
    log_fields(correlation_id=run_id, session_id=key.session_id)
    submission = Submission(
        run_id=run_id,
        sender="system" if is_system else "user",
        content=content,
        created_at=dependencies.now(),
        approval=approval,
    )
    session = dependencies.store().inbox.accept(key, submission, if_busy)
    record("MessagesAccepted")
    if session.created_at >= submission.created_at:
        record("SessionsCreated")
    logger.info("message accepted", extra={"characters": len(content), "waiting": len(session.inbox)})
    if any(waiting.run_id == run_id for waiting in session.inbox):
        _send(session, run_id)
        if if_busy == "interrupt" and session.active:
            _stop_active(session, session.active)
    return state_of(key, session)


def interrupt(key: SessionKey, run_id: str | None) -> State:
    """Stop `run_id`, or else the active run, or else all that wait. Stopping what has ended changes nothing."""
    session = dependencies.store().sessions.hot(key)
    if session is None:
        return state_of(key, None)
    log_fields(session_id=key.session_id, correlation_id=run_id)
    active = session.active
    if active and run_id in {None, active.run_id}:
        session = _stop_active(session, active)
    elif waiting := [each.run_id for each in session.inbox if run_id in {None, each.run_id}]:
        session = _withdraw(session, waiting)
    return state_of(key, session)


def _send(session: HotSession, run_id: str) -> None:
    """Accepted is accepted: a run that could not be sent now is sent by `recover_runs`."""
    key = session.key
    message = RunMessage(
        owner=key.owner, session_id=key.session_id, generation=session.generation, run_id=run_id
    )
    try:
        dependencies.queue().send(message)
    except Exception as error:  # noqa: BLE001 - the client would send an accepted message again
        logger.warning("run not sent", extra={"error": type(error).__name__})


def _stop_active(session: HotSession, active: ActiveRun) -> HotSession | None:
    """Tell the run's worker; when that is gone, for its lease has run out, finish the run here."""
    dependencies.store().controls.request_interrupt(session.key, active.run_id)
    logger.info("interrupt requested", extra={"run_id": active.run_id})
    if active.lease_until >= dependencies.now():
        return session
    return _changed(session, dependencies.store().inbox.interrupt_abandoned(session.key, active.run_id))


def _withdraw(session: HotSession, run_ids: list[str]) -> HotSession | None:
    after = dependencies.store().inbox.withdraw(session.key, run_ids)
    if after and after.active and after.active.run_id in run_ids:
        return _stop_active(after, after.active)
    return _changed(session, after)


def _changed(before: HotSession, after: HotSession | None) -> HotSession | None:
    """No worker will tell the session's connections of a change that was made here."""
    if after and after.rev != before.rev:
        told = before.logged if after.generation == before.generation else 0
        push_state(after, dependencies.store().sessions.messages(after, told))
    return after


def _newest_messages(session: HotSession) -> list[Message]:
    """The log, or of a very long one its end."""
    newest: list[Message] = []
    size, stop = 0, session.logged
    while stop > 0:
        start = max(0, stop - _PAGE)
        for message in reversed(dependencies.store().sessions.messages(session, start, stop)):
            size += len(message.content.encode()) + 500
            if size > STATE_BYTES_LIMIT:
                return newest[::-1]
            newest.append(message)
        stop = start
    return newest[::-1]

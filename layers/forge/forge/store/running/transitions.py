"""What the commits of a run change, computed from the session that they replace (see `commit`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forge.errors import InvalidRequest, LeaseLost
from forge.models.approval import Approval, Report, answered_id
from forge.models.ask import ASKS_BYTES, STRANGERS_LIMIT, Ask
from forge.models.doubt import reports_with, with_doubts
from forge.models.message import INTERRUPTED, Draft
from forge.models.run import ActiveRun, Ending, Outcome, Progress, Submission
from forge.models.session import Session
from forge.models.timing import LEASE_MS
from forge.store.config import QUEUE_GRACE_MS, RECENT_LIMIT, StoreConfig
from forge.store.running.commit import Transition
from forge.store.running.message_numbers import log_messages
from forge.store.stored.llm_history import entry_items
from forge.store.stored.session_item import ACTIVE_ATTRIBUTES, WORK_ATTRIBUTES
from forge.store.stored.wallet_requests import stored_approvals


def record_strangers(step: Transition, progress: Progress) -> Transition:
    """Record the tools that brought text from strangers. The session keeps them for its whole life, because the text
    stays in the history.
    """
    before = step.after.strangers
    new = [each for each in sorted(progress.strangers) if each not in before]
    if not new or len(before) >= STRANGERS_LIMIT:
        return step
    strangers = [*before, *new][:STRANGERS_LIMIT]
    step.change.set(strangers=strangers)
    return replace(step, after=step.after.model_copy(update={"strangers": strangers}))


def update_asks(step: Transition, progress: Progress, added: Sequence[Ask]) -> Transition:
    """Remove asks that were answered and add new ones."""
    before = step.after.asks
    asks = [each for each in before if each.approval_id not in progress.answered]
    asks += [each for each in added if each not in asks]
    if asks == before:
        return step
    texts = [ask.model_dump_json() for ask in asks]
    if sum(len(text.encode()) for text in texts) > 2 * ASKS_BYTES:
        raise InvalidRequest("The tool calls that wait for the person's decision are too large to be stored.")
    step.change.set(asks=texts)
    return replace(step, after=step.after.model_copy(update={"asks": asks}))


HASHES_LIMIT = 100
"""More hashes than approvals can be pending at once. An approval lives for minutes, and a hash could be reused only
in that time.
"""


def advance_log(
    session: Session, active: ActiveRun, progress: Progress, config: StoreConfig, now: int
) -> Transition:
    """Log the run's input if the log lacks it, then the finished messages, and append the new part of the LLM
    history.
    """
    drafts = progress.drafts if active.input_logged else [active.submission.draft(), *progress.drafts]
    step = log_messages(session, drafts, config, now)
    history, tokens = session.history + len(progress.entries), session.tokens + progress.tokens
    step.change.set(history_count=history, tokens=tokens)
    return replace(
        step,
        puts=step.puts + entry_items(session, progress.entries, config.lifetime.child_end(now)),
        after=step.after.model_copy(update={"history": history, "tokens": tokens}),
    )


def apply_progress(session: Session, progress: Progress, config: StoreConfig, now: int) -> Transition:
    """The run continues; its streaming text is in the log now and is cleared."""
    active = running(session)
    step = advance_log(session, active, progress, config, now)
    before: frozenset[str] = frozenset() if progress.new_response else active.shown_results
    shown = before | progress.shown_results
    cleared = {"input_logged": True, "text_base": 0, "text_parts": 0, "lease_until": now + LEASE_MS}
    step.change.set(streamed="", shown_results=sorted(shown), **cleared)
    run = active.model_copy(update={**cleared, "text": "", "shown_results": shown})
    made = prolong(replace(step, after=step.after.model_copy(update={"active": run})), config, now)
    made = update_asks(record_strangers(made, progress), progress, [])
    return update_approvals(made, progress) if progress.answered or progress.reported else made


def end_run(session: Session, ending: Ending, config: StoreConfig, now: int) -> Transition:
    """The last progress of the active run, which then leaves the session; its outcome stays."""
    active = running(session)
    unsettled = {} if active.input_logged else unchecked_reports(session, [active.submission], now)
    drafts, reported = [*ending.drafts, *_withdrawn(session, now)], {**unsettled, **ending.reported}
    whole = ending.model_copy(update={"drafts": drafts, "reported": reported})
    step = advance_log(session, active, whole, config, now)
    step.change.remove(*ACTIVE_ATTRIBUTES)
    made = replace(step, after=step.after.model_copy(update={"active": None, "withdrawn": []}))
    made = update_asks(
        record_strangers(update_approvals(made, whole, ending.approvals), ending), ending, ending.asks
    )
    return settle_runs(made, [active.run_id], ending.outcome, config, now)


def unchecked_reports(session: Session, submissions: Sequence[Submission], now: int) -> dict[str, Report]:
    """Return the reports that unchecked answers leave with their requests, because a transaction may have been sent.

    The run's first write stores the result of checking an answer together with the answer itself (`input_logged`).
    """
    replies = [each.approval for each in submissions if each.approval and each.approval.may_have_been_sent]
    return {
        answered: Report(transaction_hash=reply.transaction_hash, outcome="unknown", at=now)
        for reply in replies
        if (answered := answered_id(reply.approval_id, session.approvals))
    }


def _withdrawn(session: Session, now: int) -> list[Draft]:
    """Return the messages that were withdrawn during the run, because only the run's worker could write the log."""
    asked = [each.draft() for each in session.withdrawn]
    return [*asked, notice(session.withdrawn[-1].run_id, now)] if asked else []


def prolong(step: Transition, config: StoreConfig, now: int) -> Transition:
    """Set the end of the session's life after the step. A slow clock never moves the end back."""
    after = step.after
    if after.inbox or after.active:
        end = max(after.expires_at, config.lifetime.busy_end(now))
    else:
        end = config.lifetime.session_end(after.last_activity_at)
    step.change.set(expires_at=end)
    return replace(step, after=after.model_copy(update={"expires_at": end}))


def update_approvals(step: Transition, progress: Progress, added: Sequence[Approval] = ()) -> Transition:
    """Remove answered approvals and add new ones; remember the transactions that settled them."""
    before = step.after
    left = (each for each in before.approvals if each.approval_id not in progress.answered)
    approvals = [with_report(each, progress.reported.get(each.approval_id)) for each in left]
    approvals += [each for each in added if each not in approvals]
    hashes = [*before.used_hashes, *sorted(progress.used_hashes)][-HASHES_LIMIT:]
    doubts = with_doubts(before.doubts, progress.doubts)
    step.change.set(approvals=stored_approvals(approvals, before.foreign_approvals), used_hashes=hashes)
    if progress.doubts:
        step.change.set(doubts=[each.as_stored() for each in doubts])
    after = before.model_copy(update={"approvals": approvals, "used_hashes": hashes, "doubts": doubts})
    return replace(step, after=after)


def running(session: Session) -> ActiveRun:
    if session.active is None:
        raise LeaseLost
    return session.active


def settle_runs(
    step: Transition, run_ids: Sequence[str], outcome: Outcome, config: StoreConfig, now: int
) -> Transition:
    """Record the outcome, and whether the session still has work."""
    known = {run_id: known for run_id, known in step.after.recent.items() if run_id not in run_ids}
    recent = dict(list({**known, **dict.fromkeys(run_ids, outcome)}.items())[-RECENT_LIMIT:])
    step.change.set(recent=recent, recent_order=list(recent))
    after = step.after.model_copy(update={"recent": recent})
    if not after.inbox and after.active is None:
        step.change.remove(*WORK_ATTRIBUTES)
    elif after.active is None:
        step.change.set(work_due=now + QUEUE_GRACE_MS)
    return prolong(replace(step, after=after), config, now)


def notice(run_id: str, now: int, text: str = INTERRUPTED) -> Draft:
    return Draft(
        sender="system", kind="notice", content=text, created_at=now, run_id=run_id, run_end="interrupted"
    )


def with_report(approval: Approval, report: Report | None) -> Approval:
    """Add the report to the request, newest last; the same report twice counts once. A report ends the claim."""
    if report is None:
        return approval
    claim = approval.claim
    ended = claim.model_copy(update={"until": min(claim.until, report.at)}) if claim else None
    return approval.model_copy(update={"reported": reports_with(approval, report), "claim": ended})

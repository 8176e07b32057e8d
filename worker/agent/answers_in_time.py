"""Which wallet requests and asks were answered before they expired.

The answer counts from its acceptance, because a worker may come to it later: another run may be before it, the worker
may have to wait for the chain, or there may be no worker.
"""

from __future__ import annotations

from forge.models.approval import answered_id
from forge.models.run import Submission
from forge.models.session import Session


def answered_in_time(session: Session, submission: Submission) -> frozenset[str]:
    """Return the ids of those that the run's message, or one that waits behind it, answers in time.

    A time of 0 was damaged in the table, so it is in time for nothing.
    """
    ends = {each.approval_id: each.expires_at for each in (*session.approvals, *session.asks)}
    answered = [
        (answered_id(each.approval.approval_id, session.approvals), each.created_at)
        for each in (submission, *session.inbox)
        if each.approval
    ]
    return frozenset(name for name, at in answered if name and 0 < at < ends.get(name, 0))

"""What a used-up request leaves in doubt: a new request for the same transaction must not look like the first one."""

from __future__ import annotations

from forge.models.approval import Approval, Report
from forge.models.approval_reply import ApprovalReply
from forge.models.doubt import Doubt, reports_with
from worker.agent.wallet.answer.verdict import Verdict, may_have_been_sent

_UNSENT = frozenset({"expired", "rejected"})
"""Outcomes after which nothing was sent, if no wallet had the request."""
_UNCERTAIN = frozenset({"pending", "unknown"})


def doubt_of(approval: Approval, found: Verdict, now: int) -> Doubt | None:
    """Return None if it is known what became of the transaction, and no wallet may send another one. What is
    reported of an earlier request is in doubt already, of the accounts that may have sent it.
    """
    receipt = found.receipt
    is_open = may_have_been_sent(approval) and (receipt.may_still_ask or receipt.outcome in _UNSENT)
    if receipt.outcome in _UNCERTAIN:
        reports = [Report(transaction_hash=receipt.transaction_hash, outcome="unknown", at=now)]
    elif is_open:
        reports = approval.reported or [Report(outcome="unknown", at=now)]
    else:
        return None
    return Doubt(
        calls_digest=approval.transaction.calls_digest(), account=approval.payer, reports=list(reports)
    )


def with_late_answer(approval: Approval, reply: ApprovalReply, now: int) -> Approval:
    """Return the expired request with what a wallet reported too late: it is not checked, but may have been sent."""
    if not reply.may_have_been_sent:
        return approval
    report = Report(transaction_hash=reply.transaction_hash, outcome="unknown", at=now)
    return approval.model_copy(update={"reported": reports_with(approval, report)})

"""Convert what waits for a person to public views: wallet requests, and tool calls that need their permission."""

from __future__ import annotations

import json

from forge.models.approval import Approval, Report, answered_id, first_unanswered
from forge.models.ask import Ask
from forge.models.session import Session
from forge.models.time_texts import rfc3339
from forge.models.views import PublicApproval, PublicAsk, PublicClaim, PublicReport


def public_approval(approval: Approval) -> PublicApproval:
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


def public_ask(ask: Ask) -> PublicAsk:
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


def legacy_wallet_transaction(session: Session) -> str | None:
    """Return the request that has waited longest as a JSON string, which older clients read as the only pending
    transaction. They ask the wallet at once and never ask the person whether it was sent before, so they are shown no
    request that is in a wallet, whose answer is being checked, or of which something was reported.
    """
    approval = first_unanswered(session.approvals)
    if approval is None or approval.claim or approval.reported:
        return None
    answered = (answered_id(each.approval_id, session.approvals) for each in session.unchecked_answers)
    if approval.approval_id in answered:
        return None
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

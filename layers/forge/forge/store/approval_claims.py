"""Claims: at most one wallet has a wallet request at a time, over all tabs and devices of a session.

A request whose claim lapsed without an answer may have been signed, because the wallet was asked before its page
disappeared. Only a client that sends `again` can claim it then, and the lapsed claim is recorded as a report of
unknown outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import ApprovalHeld, Contended, NotFound
from forge.models.approval import Approval, Claim, Report, answered_id, asked_already
from forge.models.doubt import with_earlier_reports
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.config import CONTENTION_TRIES
from forge.store.running.transitions import with_report
from forge.store.stored.item_repair import mended
from forge.store.stored.item_schema import Defaults
from forge.store.stored.session_item import current, only_if, session_of
from forge.store.stored.session_lifetime import alive
from forge.store.stored.wallet_requests import stored_approvals


@dataclass(frozen=True, slots=True)
class TableApprovals:
    table: Table
    """The DynamoDB table."""
    clock: Clock
    """The time in epoch milliseconds."""

    def claim(
        self, key: SessionKey, approval_id: str, wanted: Claim, digest: str, *, again: bool = False
    ) -> Session:
        def change(session: Session, approval: Approval) -> Approval:
            return claimed(session, approval, wanted, digest, self.clock(), again=again)

        return self._changed(key, approval_id, change)

    def release(self, key: SessionKey, approval_id: str, claim_id: str) -> Session:
        return self._changed(key, approval_id, lambda _, approval: released(approval, claim_id))

    def bind(self, key: SessionKey, digest: str, bound: Approval) -> Session:
        def changed(session: Session, approval: Approval) -> Approval:
            _check_free(session, approval, digest, self.clock())
            if asked_already(session.approvals, bound):
                raise ApprovalHeld("Another open request is for the same transaction of this account.")
            with_reports = bound.model_copy(update={"reported": approval.reported})
            return with_earlier_reports(with_reports, session.doubts)

        return self._changed(key, bound.approval_id, changed)

    def _changed(
        self, key: SessionKey, approval_id: str, change_of: Callable[[Session, Approval], Approval]
    ) -> Session:
        """Apply the change in one conditional write for one `rev` of the session. If nothing changes, nothing is
        written.
        """
        defaults = Defaults(now=self.clock())
        return mended(self.table, key, defaults, lambda: self._change(key, approval_id, change_of))

    def _change(
        self, key: SessionKey, approval_id: str, change_of: Callable[[Session, Approval], Approval]
    ) -> Session:
        for _ in range(CONTENTION_TRIES):
            item = self.table.get(keys.hot(key))
            if item is None or not alive(item, self.clock()):
                raise NotFound
            session = current(session_of(item), self.clock())
            before = next((each for each in session.approvals if each.approval_id == approval_id), None)
            if before is None:
                raise NotFound
            after = change_of(session, before)
            if after == before:
                return session
            whole = session_of(item)
            approvals = [after if each.approval_id == approval_id else each for each in whole.approvals]
            stored = stored_approvals(approvals, whole.foreign_approvals)
            change = only_if(ConditionalWrite(), item).set(approvals=stored)
            try:
                changed = self.table.update(keys.hot(key), change.assign("rev = rev + :one", one=1))
            except ConditionFailed:
                continue
            return current(session_of(changed), self.clock())
        raise Contended(retry_after=1.0)


def claimed(
    session: Session, approval: Approval, wanted: Claim, digest: str, now: int, *, again: bool
) -> Approval:
    """Return the approval with the claim. Repeating a claim changes nothing. Raises `ApprovalHeld`."""
    _check(session, approval, wanted, digest)
    return _taken(approval, wanted, now, again=again)


def released(approval: Approval, claim_id: str) -> Approval:
    """Return the approval without its claim. Raises `ApprovalHeld` if another client has claimed the request, even if
    that claim has lapsed.
    """
    if approval.claim is not None and approval.claim.claim_id != claim_id:
        raise ApprovalHeld("The claim on this request is another client's, so it was not given back.")
    return approval.model_copy(update={"claim": None})


def _check(session: Session, approval: Approval, wanted: Claim, digest: str) -> None:
    sender = approval.transaction.sender
    if sender and sender.lower() != wanted.account.lower():
        raise ApprovalHeld(f"The request is for the account {sender}.")
    _check_unchanged(session, approval, digest)


def _check_free(session: Session, approval: Approval, digest: str, now: int) -> None:
    """A request that is in a wallet or may have been sent must stay as it was shown there. What is reported of an
    earlier request for the same transaction is no hindrance.
    """
    _check_unchanged(session, approval, digest)
    if approval.claim or any(report.at >= approval.created_at for report in approval.reported):
        is_live = approval.claim is not None and approval.claim.until > now
        where = "is in a wallet now" if is_live else "may have been sent already"
        raise ApprovalHeld(f"The request {where}, so it cannot be bound to another account.")


def _check_unchanged(session: Session, approval: Approval, digest: str) -> None:
    if digest != approval.digest:
        raise ApprovalHeld("The request has changed since it was shown. Look at it again.")
    answered = (answered_id(each.approval_id, session.approvals) for each in session.unchecked_answers)
    if approval.approval_id in answered:
        raise ApprovalHeld("An answer to this request is being checked now.")


def _taken(approval: Approval, wanted: Claim, now: int, *, again: bool) -> Approval:
    other = approval.claim if approval.claim and approval.claim.claim_id != wanted.claim_id else None
    if other and other.until > now:
        raise ApprovalHeld("Another tab or device has this request in a wallet now.")
    if other and not again:
        raise ApprovalHeld("The request was in a wallet that never answered: it may have been sent already.")
    if approval.reported and not (again or _renews(approval, wanted)):
        raise ApprovalHeld("Something was reported for this request already: it may have been sent.")
    is_told = other is None or any(report.at >= other.until for report in approval.reported)
    report = None if is_told or other is None else Report(outcome="unknown", at=other.until)
    # Who signs in the last minute, or on a slow device, is not told that the payment counts as nothing.
    end = max(approval.expires_at, wanted.until)
    return with_report(approval, report).model_copy(update={"claim": wanted, "expires_at": end})


def _renews(approval: Approval, wanted: Claim) -> bool:
    """A client renews its own claim without `again`, unless an answer was reported after it."""
    claim = approval.claim
    if claim is None or claim.claim_id != wanted.claim_id:
        return False
    return all(report.at < claim.until for report in approval.reported)

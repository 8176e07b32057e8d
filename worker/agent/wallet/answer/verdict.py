"""What became of a request: a typed outcome, and one line of text for the person and the LLM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from forge.models.approval import Approval, Report
from forge.models.time_texts import rfc3339
from forge.models.wallet_receipt import ReceiptOutcome, WalletReceipt
from worker.agent.wallet.request_in_words import currency_of, summary_of
from worker.ethereum.amounts import readable_amount
from worker.ethereum.node import Receipt

_NO_QUOTES = str.maketrans("“”", "''")
"""Remove marks from quoted words, so that a quotation ends where our text ends it."""

_STILL_ASKS = (
    "A wallet that was asked to sign it has not answered: whoever confirms it there sends it all the same, so it must "
    "be rejected there if the wallet still asks."
)
_EARLIER = (
    "What became of an earlier request for the same transaction is not known: look before it is asked again."
)
_NOT_SHOWN = "ATTENTION, it did not do exactly what was shown before it was signed:"
_REPORTED: dict[ReceiptOutcome, Literal["not_found", "different", "unknown"]] = {
    "not_found": "not_found",
    "different": "different",
    "unknown": "unknown",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a request."""

    text: str
    """One line for the person and the LLM."""
    receipt: WalletReceipt
    """The same as fields, for clients."""
    used_hash: str | None = None
    """The transaction that settled the request, which can settle no other request."""

    @property
    def closes(self) -> bool:
        return self.receipt.closes

    def report(self, now: int) -> Report | None:
        """The report that is stored with a request that stays open although an answer came."""
        outcome = _REPORTED.get(self.receipt.outcome)
        if self.closes or outcome is None:
            return None
        return Report(transaction_hash=self.receipt.transaction_hash, outcome=outcome, at=now)


def verdict(
    approval: Approval,
    outcome: ReceiptOutcome,
    text: str,
    *,
    closes: bool,
    tx_hash: str | None = None,
    block: int | None = None,
    fee: str | None = None,
    reason: str | None = None,
) -> Verdict:
    receipt = WalletReceipt(
        approval_id=approval.approval_id,
        call_id=approval.call_id,
        outcome=outcome,
        closes=closes,
        transaction_hash=tx_hash,
        block_number=block,
        fee=fee,
        summary=summary_of(approval),
        reason=reason,
    )
    return Verdict(text, receipt, tx_hash if closes else None)


def what(approval: Approval) -> str:
    return f"{summary_of(approval)} on {approval.network}"


def mined(
    approval: Approval,
    tx_hash: str,
    receipt: Receipt,
    succeeded: bool | None,
    fee: int | None,
    told: Sequence[str],
    unexpected: Sequence[str] = (),
) -> Verdict:
    """The requested transaction is in a block. Values that the node does not return are unknown, never a failure."""
    paid = None if fee is None else readable_amount(fee, currency_of(approval.network))
    block = "a block" if receipt.block_number is None else f"block {receipt.block_number}"
    facts = f"in {block}, fee {paid or 'not told'} (transaction {tx_hash})"
    notes = f" Note: {'; '.join(told)}." if told else ""
    texts: dict[bool | None, tuple[ReceiptOutcome, str]] = {
        True: ("succeeded", f"Done: {what(approval)}, {facts}.{notes}"),
        False: ("failed", f"Failed: {what(approval)} was reverted {facts}, so it changed nothing.{notes}"),
        None: (
            "unknown",
            f"Sent, but it is not known whether it succeeded: {what(approval)}, {facts}. The chain does not show it. "
            f"It must not be sent again.{notes}",
        ),
    }
    outcome, text = texts[succeeded]
    reason = "; ".join(told) or None
    block_number = receipt.block_number
    found = verdict(
        approval, outcome, text, closes=True, tx_hash=tx_hash, block=block_number, fee=paid, reason=reason
    )
    return _with_unexpected(found, unexpected)


def _with_unexpected(found: Verdict, unexpected: Sequence[str]) -> Verdict:
    if not unexpected:
        return found
    text = f"{found.text} {_NOT_SHOWN} {' '.join(unexpected)}"
    return replace(
        found, text=text, receipt=found.receipt.model_copy(update={"unexpected": list(unexpected)})
    )


def pending(approval: Approval, tx_hash: str, seconds: float) -> Verdict:
    text = (
        f"Sent, but in no block yet after {seconds:g} s: {what(approval)} (transaction {tx_hash}). Whether it succeeds "
        "is not known yet. It must not be sent again."
    )
    return verdict(approval, "pending", text, closes=True, tx_hash=tx_hash)


def different(approval: Approval, tx_hash: str, why: Sequence[str]) -> Verdict:
    reason = "; ".join(why)
    text = (
        f"Not answered: transaction {tx_hash}, which was reported for {what(approval)}, is another one: {reason}. "
        "The request stays open."
    )
    return verdict(approval, "different", text, closes=False, tx_hash=tx_hash, reason=reason)


def replaced(approval: Approval, tx_hash: str, by: str) -> Verdict:
    reason = f"transaction {by} of the same account and number took its place"
    text = f"Not sent: {what(approval)} will not happen, for {reason}. The request stays open."
    return verdict(approval, "different", text, closes=False, tx_hash=tx_hash, reason=reason)


def not_found(approval: Approval, tx_hash: str, why: str, seconds: float) -> Verdict:
    reason = f"it could not be found within {seconds:g} s ({why.rstrip('.')})"
    text = (
        f"Outcome unknown: transaction {tx_hash} was reported for {what(approval)}, but {reason}. It does not count as "
        "sent, and may still have been: look into the wallet before it is signed again. The request stays open."
    )
    return verdict(approval, "not_found", text, closes=False, tx_hash=tx_hash, reason=reason)


def unknown(approval: Approval, why: str, tx_hash: str | None = None) -> Verdict:
    text = (
        f"Outcome unknown: {what(approval)} may have been sent, but {why.rstrip('.')}. Look into the wallet before it "
        "is signed again. The request stays open."
    )
    return verdict(approval, "unknown", text, closes=False, tx_hash=tx_hash, reason=why)


def rejected(approval: Approval, reason: str) -> Verdict:
    why = f" The user's own words for why: “{reason.translate(_NO_QUOTES)}”." if reason else ""
    known = "Nothing was sent."
    if may_have_been_sent(approval):
        known = "A wallet had the request and had not answered, so it may still send it: look before it is asked again."
    elif approval.reported:
        known = f"Nothing was sent for this request. {_EARLIER}"
    text = f"Rejected in the wallet: {what(approval)}. {known}{why}"
    return with_open_wallets(
        verdict(approval, "rejected", text, closes=True, reason=reason or None), approval
    )


def expired(approval: Approval) -> Verdict:
    how, known = "without an answer", "As far as is known nothing was sent."
    if may_have_been_sent(approval):
        how, known = "unsettled", "A wallet had it, so it may have been sent: look before it is asked again."
    elif approval.reported:
        known = f"As far as is known nothing was sent for this request. {_EARLIER}"
    text = f"Expired at {rfc3339(approval.expires_at)} {how}: {what(approval)}. {known}"
    return with_open_wallets(verdict(approval, "expired", text, closes=True), approval)


def with_open_wallets(found: Verdict, approval: Approval, answered: str | None = None) -> Verdict:
    """Add that a wallet may still ask for a request that is used up. `answered`: the claim of the one that answered."""
    if not (found.closes and is_in_a_wallet(approval, answered)):
        return found
    receipt = found.receipt.model_copy(update={"may_still_ask": True})
    return replace(found, text=f"{found.text} {_STILL_ASKS}", receipt=receipt)


def may_have_been_sent(approval: Approval) -> bool:
    """A claim stays when it has lapsed, and a report may come from a wallet without a claim. A report from before the
    request is of an earlier one.
    """
    return approval.claim is not None or any(each.at >= approval.created_at for each in approval.reported)


def is_in_a_wallet(approval: Approval, answered: str | None = None) -> bool:
    """Return whether a wallet was asked to sign the request and has not answered, as far as is known. `answered`: the
    id of the claim whose wallet has answered now.
    """
    claim = approval.claim
    answers = [report.at for report in approval.reported if report.transaction_hash]
    is_asked = claim is not None and claim.claim_id != answered and all(at < claim.until for at in answers)
    return is_asked or any(report.transaction_hash is None for report in approval.reported)

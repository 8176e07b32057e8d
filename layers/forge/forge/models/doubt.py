"""What stays in doubt of a wallet request that is used up: whether its transaction was sent, or still will be."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from forge.models.approval import Address, Approval, Report, WalletTransaction


class Doubt(BaseModel):
    """A transaction that may have been sent although its request is used up, so asking for it again may pay twice."""

    model_config = ConfigDict(frozen=True)

    calls_digest: str
    """The digest of the transaction without its sender."""
    account: Address | None = None
    """The account that may have sent it, if it is known."""
    reports: list[Report]
    """What a new request for the same transaction begins with."""

    def is_about(self, transaction: WalletTransaction) -> bool:
        return transaction.may_be(self.calls_digest, self.account)


def with_earlier_reports(approval: Approval, doubts: Sequence[Doubt]) -> Approval:
    """Return the request with what is reported of used-up requests for the same transaction, as of before its time."""
    before = approval.created_at - 1
    found = [each for doubt in doubts if doubt.is_about(approval.transaction) for each in doubt.reports]
    earlier = [each.model_copy(update={"at": min(each.at, before)}) for each in found]
    newest = {each.transaction_hash: each for each in [*approval.reported, *earlier]}
    return approval.model_copy(update={"reported": list(newest.values())})

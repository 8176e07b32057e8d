"""What stays in doubt of a wallet request that is used up: whether its transaction was sent, or still will be."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from forge.models.approval import Address, Report, WalletTransaction


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
        accounts = {each.lower() for each in (self.account, transaction.sender) if each}
        return self.calls_digest == transaction.calls_digest() and len(accounts) < 2

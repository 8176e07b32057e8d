"""What became of a wallet request, as fields of the message that reports it, so that a client can show a receipt."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

ReceiptOutcome = Literal[
    "reported",
    "unanswered",
    "rejected",
    "succeeded",
    "failed",
    "pending",
    "different",
    "not_found",
    "unknown",
    "expired",
]


class WalletReceipt(BaseModel):
    """One step in the life of a wallet request."""

    model_config = ConfigDict(frozen=True)

    approval_id: str | None = None
    """The wallet request's id."""
    call_id: str | None = None
    """The tool call that made the request."""
    outcome: ReceiptOutcome
    """The outcome. `reported` and `unanswered` (the wallet gave no usable answer) are a client's statements; all
    others were checked.
    """
    closes: bool = False
    """True if the request is used up, so that no further answer is expected."""
    transaction_hash: str | None = None
    """The transaction's hash."""
    block_number: int | None = None
    """The block that contains the transaction."""
    fee: str | None = None
    """The fee that was paid, in words."""
    summary: str | None = None
    """What was sent to whom, in one short line."""
    reason: str | None = None
    """The reason for the outcome, if there is one."""
    unexpected: list[str] = []
    """What the transaction did beyond what its request showed, or did not do of it, one sentence each."""
    may_still_ask: bool = False
    """True if the request is used up while a wallet that was asked to sign it has not answered: whoever confirms it
    there sends it all the same.
    """

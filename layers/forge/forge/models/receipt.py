"""What became of a wallet request, as fields of the message that tells it: a client shows a receipt, not prose."""

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
    """One step of a wallet request's life."""

    model_config = ConfigDict(frozen=True)

    approval_id: str | None = None
    """The wallet request."""
    call_id: str | None = None
    """The tool call that asked for it."""
    outcome: ReceiptOutcome
    """What became of it: `reported` and `unanswered` (the wallet gave no usable answer) are what a client said, the
    others were checked."""
    closes: bool = False
    """The request is used up, and nothing more will be asked for it."""
    transaction_hash: str | None = None
    """The transaction's hash."""
    block_number: int | None = None
    """The block that it is in."""
    fee: str | None = None
    """What it cost, in words."""
    summary: str | None = None
    """What and to whom, in one short line."""
    reason: str | None = None
    """Why, where there is a reason."""

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
    """One step of a request's life. `closes`: the request is used up, and nothing more will be asked for it.

    `reported` and `unanswered` (the wallet gave no usable answer) are what a client said; the others were checked.
    `summary` is one short line in words: what, to whom. `fee` is in words, too; `call_id` is the tool call that asked.
    """

    model_config = ConfigDict(frozen=True)

    approval_id: str | None = None
    call_id: str | None = None
    outcome: ReceiptOutcome
    closes: bool = False
    transaction_hash: str | None = None
    block_number: int | None = None
    fee: str | None = None
    summary: str | None = None
    reason: str | None = None

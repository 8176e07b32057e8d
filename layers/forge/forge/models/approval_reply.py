"""What a client says became of a wallet request, or what a person has decided about a tool call."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from forge.models.approval import ClaimId, TransactionHash
from forge.models.ids import ApprovalId
from forge.models.text_cleaning import one_line

REASON_LIMIT = 500


def _said(reason: str | None) -> str | None:
    """Put the reason on one line of at most `REASON_LIMIT` characters, because an answer is never refused for its
    text.
    """
    return one_line(reason, REASON_LIMIT).strip() or None if reason else None


class ApprovalReply(BaseModel):
    """The wallet's answer to one request, or the person's decision about a tool call."""

    model_config = ConfigDict(frozen=True)

    approval_id: ApprovalId | None = None
    """The request that is answered; null means the oldest one of which nothing was reported, for older clients."""
    outcome: Literal["sent", "rejected", "unknown", "allowed"]
    """`sent`; `rejected`; `unknown` when the wallet gave no usable answer, so that the transaction may have been
    sent; `allowed` when the person allows a waiting tool call.
    """
    transaction_hash: TransactionHash | None = None
    """The transaction hash that the wallet returned."""
    reason: Annotated[str | None, AfterValidator(_said)] = None
    """The reason for the rejection in the person's own words, or the wallet's message."""
    claim_id: ClaimId | None = None
    """The id of the claim under which the client asked the wallet. Without it, the wallet that has the claim counts as
    one that has not answered.
    """

    @property
    def may_have_been_sent(self) -> bool:
        """Whether the request's transaction may have been sent."""
        return self.outcome in {"sent", "unknown"}

    @model_validator(mode="before")
    @classmethod
    def _doubt_a_rejection_with_a_hash(cls, data: Any) -> Any:
        """The chain is asked about a transaction that a rejection names, because a rejected request has none."""
        if not isinstance(data, dict):
            return data
        said = cast("dict[str, Any]", data)
        is_doubtful = said.get("outcome") == "rejected" and said.get("transaction_hash")
        return {**said, "outcome": "unknown"} if is_doubtful else said

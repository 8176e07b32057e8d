"""A wallet request that waits for the user, bound to one exact transaction."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from forge.models.ids import ApprovalId

Address = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$")]
HexData = Annotated[str, StringConstraints(pattern=r"^0x(?:[0-9a-fA-F]{2})*$")]
Wei = Annotated[str, StringConstraints(pattern=r"^(?:0|[1-9][0-9]{0,77})$")]
TransactionHash = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{64}$")]


class WalletTransaction(BaseModel):
    """The transaction exactly as the wallet must sign it. `value`: decimal wei; `gas`: decimal units or null."""

    model_config = ConfigDict(frozen=True)

    chain_id: int
    to: Address
    value: Wei
    data: HexData
    gas: Wei | None = None
    sender: Address | None = None

    def digest(self) -> str:
        """SHA-256 of the canonical JSON of what must match on chain: chain id, to, value, data."""
        bound = [self.chain_id, self.to.lower(), self.value, self.data.lower()]
        return hashlib.sha256(json.dumps(bound, separators=(",", ":")).encode()).hexdigest()


class Approval(BaseModel):
    """A pending approval. Times are epoch milliseconds. `call_id` is the paused tool call of `run_id`.

    `after_block`: the chain's newest block when it was made; a transaction in an older one cannot be the answer.
    """

    model_config = ConfigDict(frozen=True)

    approval_id: ApprovalId
    run_id: str
    call_id: str
    network: str
    transaction: WalletTransaction
    digest: str
    description: str
    decoded: str | None = None
    simulation: str | None = None
    after_block: int | None = None
    created_at: int
    expires_at: int


class ApprovalReply(BaseModel):
    """The wallet's answer to one approval. `approval_id` null: the oldest pending one (legacy texts)."""

    model_config = ConfigDict(frozen=True)

    approval_id: ApprovalId | None = None
    outcome: Literal["sent", "rejected"]
    transaction_hash: TransactionHash | None = None
    reason: str | None = None

"""A wallet request that waits for the user, bound to an exact list of calls."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from forge.models import patterns
from forge.models.ids import ApprovalId
from forge.models.lines import one_line
from forge.models.review import NO_REVIEW, Review

Address = Annotated[str, StringConstraints(pattern=patterns.ADDRESS)]
HexData = Annotated[str, StringConstraints(pattern=patterns.HEX_DATA)]
Wei = Annotated[str, StringConstraints(pattern=patterns.WEI)]
TransactionHash = Annotated[str, StringConstraints(pattern=patterns.TRANSACTION_HASH)]
ClaimId = Annotated[str, StringConstraints(pattern=patterns.CLAIM_ID)]

DIGEST_VERSION = "forge-approval-1"
_FLAT = ("to", "value", "data")


class Call(BaseModel):
    """One call of a transaction."""

    model_config = ConfigDict(frozen=True)

    to: Address
    """The address that is called."""
    value: Wei
    """What is sent with the call, in decimal wei."""
    data: HexData
    """The call data, as 0x hex."""


class WalletTransaction(BaseModel):
    """What the wallet must sign, exactly: a list of calls, today always one. `sender` null: any account may sign.

    `gas` is a wish in decimal units, and no part of the digest: a wallet may choose another limit.
    """

    model_config = ConfigDict(frozen=True)

    chain_id: int
    sender: Address | None = None
    gas: Wei | None = None
    calls: Annotated[list[Call], Field(min_length=1)]

    @classmethod
    def of_call(
        cls,
        chain_id: int,
        to: str,
        *,
        value: str = "0",
        data: str = "0x",
        gas: str | None = None,
        sender: str | None = None,
    ) -> Self:
        return cls(chain_id=chain_id, sender=sender, gas=gas, calls=[Call(to=to, value=value, data=data)])

    @property
    def to(self) -> str:
        """The first call's."""
        return self.calls[0].to

    @property
    def value(self) -> str:
        """The first call's."""
        return self.calls[0].value

    @property
    def data(self) -> str:
        """The first call's."""
        return self.calls[0].data

    def digest(self) -> str:
        """SHA-256 of the canonical JSON of what must match on the chain; `docs/protocol.md` shows it."""
        calls = [[call.to.lower(), call.value, call.data.lower()] for call in self.calls]
        return _sha256([DIGEST_VERSION, self.chain_id, self.sender.lower() if self.sender else None, calls])


CLAIM_MS = 120_000
"""A client renews its claim on a wallet request three times in that while the wallet has it."""


class Claim(BaseModel):
    """A client has the request in a wallet until `until` (epoch milliseconds), to be signed by `account`."""

    model_config = ConfigDict(frozen=True)

    claim_id: ClaimId
    account: Address
    until: int


class Report(BaseModel):
    """An answer that did not settle the request; `at` in epoch milliseconds."""

    model_config = ConfigDict(frozen=True)

    transaction_hash: TransactionHash | None = None
    outcome: Literal["not_found", "different", "unknown"]
    at: int


class Approval(BaseModel):
    """A pending approval. Times are epoch milliseconds. `call_id` is the paused tool call of `run_id`.

    `after_block`: the chain's newest block when it was made; a transaction in an older one cannot be the answer.
    `after_nonce`: how many transactions the sender had sent by then, if the sender was known. `claim` stays when it
    has lapsed: its account is the one that an answer is checked against.

    `form`: a version that changes what a field means counts it up, and versions that do not know that form leave the
    request to others (`ForeignApproval`). Fields that are only added are kept by those that do not know them.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    form: Literal[1] = 1
    approval_id: ApprovalId
    run_id: str
    call_id: str
    network: str
    transaction: WalletTransaction
    digest: str
    description: str
    decoded: str | None = None
    simulation: str | None = None
    review: Review = NO_REVIEW
    after_block: int | None = None
    after_nonce: int | None = None
    claim: Claim | None = None
    reported: list[Report] = []
    created_at: int
    expires_at: int

    @model_validator(mode="before")
    @classmethod
    def _read_older(cls, stored: Any) -> Any:
        """Requests of the release before had one flat call and a digest over it; they live for minutes only."""
        if not isinstance(stored, dict):
            return stored
        fields = cast("dict[str, Any]", stored)
        flat = fields.get("transaction")
        if (
            not isinstance(flat, dict)
            or "calls" in flat
            or not set(_FLAT) <= set(cast("dict[str, Any]", flat))
        ):
            return fields
        transaction = _from_flat(cast("dict[str, Any]", flat))
        is_intact = fields.get("digest") == _older_digest(transaction)
        return fields | {
            "transaction": transaction,
            "digest": transaction.digest() if is_intact else fields.get("digest"),
        }

    @property
    def payer(self) -> str | None:
        """The account that is to sign, as far as it is known: the request's sender, else who has claimed it."""
        return self.transaction.sender or (self.claim.account if self.claim else None)


class ForeignApproval(BaseModel):
    """A pending approval in a form of another version: it is kept as it is stored, and never shown or answered here."""

    model_config = ConfigDict(frozen=True)

    stored: str
    expires_at: int


REASON_LIMIT = 500


def _said(reason: str | None) -> str | None:
    """On one line of at most `REASON_LIMIT` characters; an answer is never refused for its words."""
    return one_line(reason, REASON_LIMIT).strip() or None if reason else None


class ApprovalReply(BaseModel):
    """The wallet's answer to one request, or the person's word to a tool call."""

    model_config = ConfigDict(frozen=True)

    approval_id: ApprovalId | None = None
    """The request that is answered; null for the oldest one that waits, as older clients mean it."""
    outcome: Literal["sent", "rejected", "unknown", "allowed"]
    """`sent`; `rejected`; `unknown` when the wallet gave no usable answer, so that it may have been sent; `allowed`,
    the person's yes to a tool call that waits."""
    transaction_hash: TransactionHash | None = None
    """The hash that the wallet gave."""
    reason: Annotated[str | None, AfterValidator(_said)] = None
    """Why the person rejects it, in their own words, or what the wallet said."""
    claim_id: ClaimId | None = None
    """The claim under which the wallet was asked."""


def _from_flat(flat: dict[str, Any]) -> WalletTransaction:
    call = {name: flat[name] for name in _FLAT}
    return WalletTransaction.model_validate({**flat, "calls": [call]})


def _older_digest(transaction: WalletTransaction) -> str:
    call = transaction.calls[0]
    return _sha256([transaction.chain_id, call.to.lower(), call.value, call.data.lower()])


def _sha256(bound: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(bound, separators=(",", ":")).encode()).hexdigest()

"""A wallet request that waits for the user, bound to an exact list of calls."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from forge.models import patterns
from forge.models.ids import ApprovalId
from forge.models.wallet_review import NO_REVIEW, Review

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
    """The address that the call goes to."""
    value: Wei
    """The value that the call sends, in decimal wei."""
    data: HexData
    """The call data, as 0x hex."""


class WalletTransaction(BaseModel):
    """What the wallet must sign, exactly."""

    model_config = ConfigDict(frozen=True)

    chain_id: int
    """The chain's id, a part of the digest."""
    sender: Address | None = None
    """The account that must sign, a part of the digest; null: any account may sign."""
    gas: Wei | None = None
    """A suggested limit in decimal units of gas. It is not a part of the digest, because a wallet may choose another
    limit.
    """
    calls: Annotated[list[Call], Field(min_length=1)]
    """The calls of the transaction; today there is always one."""

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
        """The first call's address."""
        return self.calls[0].to

    @property
    def value(self) -> str:
        """The first call's value."""
        return self.calls[0].value

    @property
    def data(self) -> str:
        """The first call's data."""
        return self.calls[0].data

    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON of what must match on the chain; `docs/protocol.md` shows the
        form.
        """
        calls = [[call.to.lower(), call.value, call.data.lower()] for call in self.calls]
        return _sha256([DIGEST_VERSION, self.chain_id, self.sender.lower() if self.sender else None, calls])

    def calls_digest(self) -> str:
        """Return the digest of the same transaction of any account."""
        return self.model_copy(update={"sender": None}).digest()

    def may_be(self, calls_digest: str, account: str | None) -> bool:
        """Return whether a transaction of `account` with that digest of its calls is the same payment. An account that
        is not known may be any account.
        """
        accounts = {each.lower() for each in (self.sender, account) if each}
        return calls_digest == self.calls_digest() and len(accounts) < 2


CLAIM_MS = 120_000
"""Life of a claim. A client whose wallet has the request renews its claim three times within this time."""


class Claim(BaseModel):
    """A client's claim on a wallet request: one of its wallets has the request."""

    model_config = ConfigDict(frozen=True)

    claim_id: ClaimId
    """The id that the client chose for its claim."""
    account: Address
    """The account that is to sign."""
    until: int
    """The end of the claim, in epoch milliseconds."""


class Report(BaseModel):
    """An answer that did not settle the request."""

    model_config = ConfigDict(frozen=True)

    transaction_hash: TransactionHash | None = None
    """The hash that was reported, if any."""
    outcome: Literal["not_found", "different", "unknown"]
    """What the check found: no such transaction, a different one, or no certain result."""
    at: int
    """The time of the report, in epoch milliseconds."""


class Approval(BaseModel):
    """A pending approval. Times are epoch milliseconds.

    A version that changes the meaning of a field increases `form`. Versions that do not know that form keep the
    request unread (`ForeignApproval`). Fields that are only added are kept by versions that do not know them.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    form: Literal[1] = 1
    """The version of the fields' meaning."""
    approval_id: ApprovalId
    """The request's id."""
    run_id: str
    """The run whose tool call is paused."""
    call_id: str
    """The paused tool call."""
    network: str
    """The network's name."""
    transaction: WalletTransaction
    """What the wallet must sign."""
    digest: str
    """The digest of `transaction`; an answer refers to exactly this transaction."""
    description: str
    """The agent's own description, which nobody has checked."""
    decoded: str | None = None
    """The first call in words, for older clients."""
    simulation: str | None = None
    """The simulation's result in words, for older clients."""
    review: Review = NO_REVIEW
    """What the worker found out about the request."""
    after_block: int | None = None
    """The chain's newest block when the request was made. A transaction in an older block cannot be the answer."""
    after_nonce: int | None = None
    """The number of transactions that the sender had sent by then, if the sender was known."""
    claim: Claim | None = None
    """The last claim. It stays after it has lapsed, because an answer is checked against its account."""
    reported: list[Report] = []
    """Answers that did not settle the request. Those from before `created_at` are of an earlier request for the same
    transaction, which is used up (`Doubt`).
    """
    created_at: int
    """The time at which the request was made."""
    expires_at: int
    """The time at which the request ends without an answer."""

    @model_validator(mode="before")
    @classmethod
    def _read_older(cls, stored: Any) -> Any:
        """Read a request of the previous release, which had one flat call and a digest over it. Such requests live
        for minutes.
        """
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
        """The account that is to sign, if it is known: the request's sender, else the account of the claim."""
        return self.transaction.sender or (self.claim.account if self.claim else None)


def asked_already(approvals: Sequence[Approval], wanted: Approval) -> Approval | None:
    """Return another request for the same transaction, which could be sent as well."""
    digest, sender = wanted.transaction.calls_digest(), wanted.transaction.sender
    others = (each for each in approvals if each.approval_id != wanted.approval_id)
    return next((each for each in others if each.transaction.may_be(digest, sender)), None)


def first_unanswered(approvals: Sequence[Approval]) -> Approval | None:
    """Return the request that an answer in the older clients' form is for, because such an answer names none."""
    return next((each for each in approvals if not each.reported), next(iter(approvals), None))


def answered_id(named: str | None, approvals: Sequence[Approval]) -> str | None:
    """Return the id of what an answer is for. `named`: the id that it names."""
    unnamed = first_unanswered(approvals)
    return named or (unnamed.approval_id if unnamed else None)


class ForeignApproval(BaseModel):
    """A pending approval in the form of another version. It is kept as it is stored, and never shown or answered
    here.
    """

    model_config = ConfigDict(frozen=True)

    stored: str
    """The approval as JSON text, as it is stored."""
    expires_at: int
    """The time at which the request ends, in epoch milliseconds."""


def _from_flat(flat: dict[str, Any]) -> WalletTransaction:
    call = {name: flat[name] for name in _FLAT}
    return WalletTransaction.model_validate({**flat, "calls": [call]})


def _older_digest(transaction: WalletTransaction) -> str:
    call = transaction.calls[0]
    return _sha256([transaction.chain_id, call.to.lower(), call.value, call.data.lower()])


def _sha256(bound: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(bound, separators=(",", ":")).encode()).hexdigest()

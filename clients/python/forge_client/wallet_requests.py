"""What waits for a person, as this client reads it: wallet requests with their review, and tool calls.

Fields that a newer server adds are ignored.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Call(Frozen):
    """One call of a wallet request."""

    to: str
    """The address that the call goes to."""
    value: str
    """The value that the call sends, in decimal wei."""
    data: str
    """The call data, as 0x hex."""


class ReviewChange(Frozen):
    """One movement of an asset that the simulation showed."""

    direction: str
    """The direction as seen from the sender."""
    standard: str
    """The kind of asset."""
    asset: str | None = None
    """The token's contract; null for the chain's native currency."""
    symbol: str | None = None
    """The symbol that the contract states, which nobody has checked."""
    amount: str | None = None
    """The amount in base units; for erc721 the token's id."""
    token_id: str | None = None
    """For erc1155 the id of the token of which the amount moves; null for other standards."""
    formatted: str | None = None
    """The amount in a form for a person."""
    sender: str
    """The account that had the asset before."""
    to: str
    """The account that has the asset afterwards."""


class Allowance(Frozen):
    """A right that the transaction gives or removes: what somebody may take or control from then on."""

    kind: str
    """What kind of right it is."""
    token: str | None = None
    """The contract that grants the right."""
    spender: str
    """The account that gets the right."""
    owner: str | None = None
    """The account whose assets the right covers; null for the account that signs."""
    amount: str | None = None
    """The amount in base units; null for a right without a number (an operator, a new owner)."""
    formatted: str | None = None
    """The amount in a form for a person."""
    unlimited: bool = False
    """True if the amount is so large that the right has no limit in practice."""
    revokes: bool = False
    """True if the transaction takes the right away."""
    source: str = "call"
    """The source of this finding."""
    text: str
    """One sentence for a person."""


class ReviewWarning(Frozen):
    """A warning that the person must read first."""

    code: str
    """The subject of the warning."""
    severity: str
    """The severity of the warning: `danger` or `caution`."""
    text: str
    """One sentence for a person."""


class ReviewArgument(Frozen):
    """One argument of a call."""

    name: str | None = None
    """The argument's name, if it is known."""
    type: str
    """The argument's ABI type."""
    value: Any = None
    """The value: integers as decimal text, bytes as 0x hex, arrays and tuples as lists."""


class ReviewedCall(Frozen):
    """One call as the chain would execute it, and the calls within it."""

    to: str | None = None
    """The address that the call goes to."""
    function: str | None = None
    """The function's signature; null when it is not known."""
    arguments: list[ReviewArgument] = []
    """The arguments of the call."""
    understood: bool = False
    """True if all of the call's data could be decoded."""
    note: str | None = None
    """A further remark about the call."""
    inner: list[ReviewedCall] = []
    """The calls within this call."""


class ReviewFee(Frozen):
    """An estimate of the transaction's fee."""

    gas: str
    """The estimated units of gas, decimal."""
    wei: str
    """The whole fee in wei, decimal, with a rollup's fee for its L1."""
    formatted: str
    """The same fee in whole units of the native currency."""
    currency: str
    """The currency's symbol."""


class Review(Frozen):
    """What the server found out before the person was asked."""

    outcome: str = "unknown"
    """Whether the simulation moved anything: `moves`, `nothing`, or `unknown` if that could not be determined."""
    reason: str | None = None
    """The reason for which it could not be determined."""
    changes: list[ReviewChange] = []
    """The movements that the simulation showed."""
    more_changes: int = 0
    """The number of movements that are left out."""
    allowances: list[Allowance] = []
    """The rights that the transaction gives or removes."""
    warnings: list[ReviewWarning] = []
    """The warnings that the person must read first."""
    calls: list[ReviewedCall] = []
    """The calls as the chain would execute them."""
    recipient: str | None = None
    """The final recipient, if one can be named; else the contract that is called."""
    fee: ReviewFee | None = None
    """The estimated fee."""
    currency: str | None = None
    """The symbol of the network's own coin; null in a review that is older than this field."""


class Claim(Frozen):
    """A client's claim on a request: one of its wallets has the request."""

    account: str
    """The account that is to sign."""
    until: str
    """The end of the claim unless it is renewed, RFC 3339."""


class Report(Frozen):
    """An answer that did not settle the request. The transaction that it reported may have been sent."""

    transaction_hash: str | None = None
    """The hash that was reported."""
    outcome: str
    """What the check found: the chain does not know the transaction, it is a different transaction, or the result is
    uncertain.
    """
    at: str
    """The time of the report, RFC 3339."""


class Approval(Frozen):
    """A wallet request that waits for the person."""

    approval_id: str
    """The request's id."""
    call_id: str = ""
    """The tool call that made the request."""
    network: str
    """The network's name."""
    chain_id: int
    """The network's chain id, a part of the digest."""
    to: str
    """The address of the first call."""
    value: str
    """The value of the first call, in decimal wei."""
    data: str
    """The data of the first call, as 0x hex."""
    gas: str | None
    """A suggested limit in decimal units of gas, which is not a part of the digest."""
    sender: str | None = None
    """The account that must sign, a part of the digest; null when any account may sign."""
    calls: list[Call] = []
    """The calls that the wallet must sign. With `chain_id` and `sender` they are everything that `digest` covers."""
    digest: str
    """The SHA-256 of the canonical form of the calls; the protocol document shows how to compute it."""
    description: str
    """The agent's own description, which nobody has checked."""
    decoded: str | None
    """The first call in words, for older clients."""
    simulation: str | None
    """The simulation's result in words, for older clients."""
    review: Review = Review()
    """What the worker found out about the request, as fields."""
    claim: Claim | None = None
    """The claim of the client whose wallet has the request now."""
    reported: list[Report] = []
    """Answers that did not settle the request."""
    created_at: str
    """The time at which the request was made, RFC 3339."""
    expires_at: str
    """The time at which the request ends without an answer, RFC 3339."""
    truncated: bool = False
    """True if the request did not fit into a frame and is cut. Get all of it with `ForgeClient.state` before it is
    signed.
    """


class Ask(Frozen):
    """A tool call that waits for the person's decision, because text from strangers may have caused it."""

    approval_id: str
    """The id of the request; the person's decision refers to it."""
    call_id: str
    """The id of the waiting tool call."""
    tool: str
    """The tool's name."""
    arguments: dict[str, Any] | None
    """The arguments of the call; null when they did not fit into a frame."""
    network: str
    """The session's network."""
    strangers: list[str]
    """The tools whose results brought text from strangers into the conversation, which is why the person is asked."""
    created_at: str
    """The time at which the call was paused, RFC 3339."""
    expires_at: str
    """The time at which the request ends without a decision, RFC 3339."""
    truncated: bool = False
    """True if the arguments did not fit into a frame; the HTTP State has them."""

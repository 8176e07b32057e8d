"""What waits for a person, as this client reads it: wallet requests with their review, and tool calls.

Fields that a newer server adds are ignored.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Call(Frozen):
    """One call of a wallet request. `value`: decimal wei."""

    to: str
    value: str
    data: str


class ReviewChange(Frozen):
    """One movement that the simulation showed; `asset` is null for the chain's native currency.

    `amount`: base units, for erc721 the token's id. `symbol` is the contract's own statement and untrusted.
    """

    direction: str
    standard: str
    asset: str | None = None
    symbol: str | None = None
    amount: str | None = None
    formatted: str | None = None
    sender: str
    to: str


class Allowance(Frozen):
    """What `spender` may take or control afterwards; `text` says it in one sentence. `owner` null: your own account."""

    kind: str
    token: str | None = None
    spender: str
    owner: str | None = None
    amount: str | None = None
    formatted: str | None = None
    unlimited: bool = False
    revokes: bool = False
    source: str = "call"
    text: str


class ReviewWarning(Frozen):
    """`severity`: `danger` or `caution`."""

    code: str
    severity: str
    text: str


class ReviewArgument(Frozen):
    """`value`: integers as decimal text, bytes as 0x hex, arrays and tuples as lists."""

    name: str | None = None
    type: str
    value: Any = None


class ReviewedCall(Frozen):
    """One call as the chain would execute it, and the calls within it. `function` is null when it is not known."""

    to: str | None = None
    function: str | None = None
    arguments: list[ReviewArgument] = []
    understood: bool = False
    note: str | None = None
    inner: list[ReviewedCall] = []


class ReviewFee(Frozen):
    """An estimate of the gas and of its cost, in wei and in the chain's native currency."""

    gas: str
    wei: str
    formatted: str
    currency: str


class Review(Frozen):
    """What the server found out before the person was asked. `outcome`: `moves`, `nothing` or `unknown` (`reason`
    says why).
    """

    outcome: str = "unknown"
    reason: str | None = None
    changes: list[ReviewChange] = []
    more_changes: int = 0
    allowances: list[Allowance] = []
    warnings: list[ReviewWarning] = []
    calls: list[ReviewedCall] = []
    recipient: str | None = None
    fee: ReviewFee | None = None


class Claim(Frozen):
    """One of a client's wallets has the request until `until` (RFC 3339); `account` is to sign it."""

    account: str
    until: str


class Report(Frozen):
    """An answer that did not settle the request (`not_found`, `different`, `unknown`): a transaction may have been
    sent.
    """

    transaction_hash: str | None = None
    outcome: str
    at: str


class Approval(Frozen):
    """A wallet request that waits for the user. `value`: decimal wei; times are RFC 3339.

    `truncated`: this is only a part of the request. Get all of it with `ForgeClient.state` before it is signed.
    """

    approval_id: str
    call_id: str = ""
    network: str
    chain_id: int
    to: str
    value: str
    data: str
    gas: str | None
    sender: str | None = None
    calls: list[Call] = []
    digest: str
    description: str
    decoded: str | None
    simulation: str | None
    review: Review = Review()
    claim: Claim | None = None
    reported: list[Report] = []
    created_at: str
    expires_at: str
    truncated: bool = False


class Ask(Frozen):
    """A tool call that waits for the user's decision, because text from strangers may have caused it.

    `strangers`: the tools that brought such text. `truncated`: `arguments` are null here; the HTTP State has them.
    """

    approval_id: str
    call_id: str
    tool: str
    arguments: dict[str, Any] | None
    network: str
    strangers: list[str]
    created_at: str
    expires_at: str
    truncated: bool = False

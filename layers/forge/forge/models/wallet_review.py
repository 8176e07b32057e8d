"""What a person must know before they sign, as fields. A client builds its card from these fields, never from prose."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

SimulationOutcome = Literal["moves", "nothing", "unknown"]
Direction = Literal["out", "in", "other"]
AssetStandard = Literal["native", "erc20", "erc721", "erc1155", "erc777"]
AllowanceKind = Literal["erc20", "erc721", "operator", "permit", "permit2", "control"]
AllowanceSource = Literal["call", "inner call", "simulation"]
Severity = Literal["danger", "caution"]
WarningCode = Literal[
    "unlimited_allowance",
    "allowance",
    "operator",
    "signature_allowance",
    "control",
    "delegated_code",
    "not_understood",
    "nested_too_deep",
    "too_large",
    "unusual_encoding",
    "extra_data",
    "returns_false",
    "no_contract",
    "sender_unknown",
    "not_simulated",
    "not_all_shown",
    "lost_to_nobody",
    "goes_elsewhere",
    "acts_for",
    "loan",
    "look_alike",
    "high_fee",
    "no_minimum",
    "no_maximum",
    "false_name",
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReviewChange(_Frozen):
    """One movement of an asset that the simulation showed."""

    direction: Direction
    """The direction as seen from the sender."""
    standard: AssetStandard
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


class Allowance(_Frozen):
    """A right that the transaction gives or removes: what somebody may take or control from then on."""

    kind: AllowanceKind
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
    source: AllowanceSource = "call"
    """The source of this finding."""
    text: str
    """One sentence for a person."""


class ReviewWarning(_Frozen):
    """A warning that the person must read first."""

    code: WarningCode
    """The subject of the warning."""
    severity: Severity
    """The severity of the warning."""
    text: str
    """One sentence for a person."""


class ReviewArgument(_Frozen):
    """One argument of a call."""

    name: str | None = None
    """The argument's name, if it is known."""
    type: str
    """The argument's ABI type."""
    value: Any = None
    """The value: integers as decimal text, bytes as 0x hex, arrays and tuples as lists."""


class ReviewedCall(_Frozen):
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


class ReviewFee(_Frozen):
    """An estimate of the transaction's fee."""

    gas: str
    """The estimated units of gas, decimal."""
    wei: str
    """The whole fee in wei, decimal, with a rollup's fee for its L1."""
    formatted: str
    """The same fee in whole units of the native currency."""
    currency: str
    """The currency's symbol."""


class Review(_Frozen):
    """What the worker found out about a request before the person was asked."""

    outcome: SimulationOutcome = "unknown"
    """Whether the simulation moved anything; `unknown` if that could not be determined."""
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


NO_REVIEW = Review(
    reason="This request was made before reviews existed, so nothing is known about its effect."
)
NOT_HERE = Review(reason="The whole request did not fit into this frame. GET /api/state has it.")

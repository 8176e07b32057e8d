"""What a person has to know before they sign, as fields: a client lays its card out from these, never from prose."""

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
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReviewChange(_Frozen):
    """One movement that the simulation showed."""

    direction: Direction
    """Seen from the sender."""
    standard: AssetStandard
    """What kind of asset moves."""
    asset: str | None = None
    """The token's contract; null for the chain's own coin."""
    symbol: str | None = None
    """The contract's own word, which nobody has checked."""
    amount: str | None = None
    """In base units; for erc721 the token's id."""
    formatted: str | None = None
    """The amount for a person."""
    sender: str
    """Whose it was."""
    to: str
    """Whose it is then."""


class Allowance(_Frozen):
    """What somebody may take, or control, from then on."""

    kind: AllowanceKind
    """What kind of right it is."""
    token: str | None = None
    """The contract whose right it is."""
    spender: str
    """Who gets it."""
    owner: str | None = None
    """Whose it is about; null for the account that signs."""
    amount: str | None = None
    """In base units; null where the right has no number (an operator, a new owner)."""
    formatted: str | None = None
    """The amount for a person."""
    unlimited: bool = False
    """It is as good as everything."""
    revokes: bool = False
    """It takes such a right away."""
    source: AllowanceSource = "call"
    """Where it was seen."""
    text: str
    """One sentence for a person."""


class ReviewWarning(_Frozen):
    """What the person has to know before anything else."""

    code: WarningCode
    """What is warned of."""
    severity: Severity
    """How bad it is."""
    text: str
    """One sentence for a person."""


class ReviewArgument(_Frozen):
    """One argument of a call."""

    name: str | None = None
    """Its name, where it is known."""
    type: str
    """Its ABI type."""
    value: Any = None
    """Integers as decimal text, bytes as 0x hex, arrays and tuples as lists."""


class ReviewedCall(_Frozen):
    """One call as the chain would read it, and the calls within it."""

    to: str | None = None
    """The address that is called."""
    function: str | None = None
    """The function's signature; null when it is not known."""
    arguments: list[ReviewArgument] = []
    """What it is called with."""
    understood: bool = False
    """All of it could be read."""
    note: str | None = None
    """What else is to be said of it."""
    inner: list[ReviewedCall] = []
    """The calls within it."""


class ReviewFee(_Frozen):
    """An estimate of what the transaction costs."""

    gas: str
    """Units of gas, decimal."""
    wei: str
    """Its price in wei, decimal."""
    formatted: str
    """Its price in the chain's own coin."""
    currency: str
    """The coin's symbol."""


class Review(_Frozen):
    """What was found out about a request before anybody was asked."""

    outcome: SimulationOutcome = "unknown"
    """Whether the simulation moved anything; `unknown` whenever that could not be told."""
    reason: str | None = None
    """Why it could not be told."""
    changes: list[ReviewChange] = []
    """What moves."""
    more_changes: int = 0
    """How many movements are left out."""
    allowances: list[Allowance] = []
    """Rights that are given or taken away."""
    warnings: list[ReviewWarning] = []
    """What the person has to know first."""
    calls: list[ReviewedCall] = []
    """The calls as the chain would read them."""
    recipient: str | None = None
    """Who gets something in the end, where one can be named; else the contract that is called."""
    fee: ReviewFee | None = None
    """What it is estimated to cost."""


NO_REVIEW = Review(
    reason="This request was made before reviews existed, so nothing is known about its effect."
)
NOT_HERE = Review(reason="The whole request did not fit into this frame. GET /api/state has it.")

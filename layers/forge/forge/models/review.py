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
    """One movement that the simulation showed, seen from the sender. `asset` is null for the chain's own coin.

    `amount`: base units, for erc721 the token's id. `symbol` is the contract's own word: untrusted.
    """

    direction: Direction
    standard: AssetStandard
    asset: str | None = None
    symbol: str | None = None
    amount: str | None = None
    formatted: str | None = None
    sender: str
    to: str


class Allowance(_Frozen):
    """What somebody may take, or control, from then on. `revokes`: the entry takes such a right away.

    `token` is the contract whose right it is; `owner` is null for the account that signs. `amount` is null where the
    right has no number (an operator, a new owner). `unlimited`: as good as everything. `text`: one sentence.
    """

    kind: AllowanceKind
    token: str | None = None
    spender: str
    owner: str | None = None
    amount: str | None = None
    formatted: str | None = None
    unlimited: bool = False
    revokes: bool = False
    source: AllowanceSource = "call"
    text: str


class ReviewWarning(_Frozen):
    code: WarningCode
    severity: Severity
    text: str


class ReviewArgument(_Frozen):
    """`value`: integers as decimal text, bytes as 0x hex, arrays and tuples as lists."""

    name: str | None = None
    type: str
    value: Any = None


class ReviewedCall(_Frozen):
    """One call as the chain would read it, and the calls within it. `function` is null when it is not known."""

    to: str | None = None
    function: str | None = None
    arguments: list[ReviewArgument] = []
    understood: bool = False
    note: str | None = None
    inner: list[ReviewedCall] = []


class ReviewFee(_Frozen):
    """An estimate: the gas, and what it costs in wei and in the chain's own coin."""

    gas: str
    wei: str
    formatted: str
    currency: str


class Review(_Frozen):
    """What was found out about a request before anybody was asked.

    `outcome`: whether the simulation moved anything; `unknown` whenever it could not be told, and `reason` says why.
    `recipient`: who gets something in the end, where one can be named; else the contract that is called.
    """

    outcome: SimulationOutcome = "unknown"
    reason: str | None = None
    changes: list[ReviewChange] = []
    more_changes: int = 0
    allowances: list[Allowance] = []
    warnings: list[ReviewWarning] = []
    calls: list[ReviewedCall] = []
    recipient: str | None = None
    fee: ReviewFee | None = None


NO_REVIEW = Review(
    reason="This request was made before reviews existed, so nothing is known about its effect."
)
NOT_HERE = Review(reason="The whole request did not fit into this frame. GET /api/state has it.")

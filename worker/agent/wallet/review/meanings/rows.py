"""The form of the rows.

A path names an argument by its names (`permitBatch.details.token`). It passes through arrays by itself and then
stands for one value of each element. If a path of a row leads to one value and others to many, the one value applies
to all elements.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from forge.models.wallet_review import AllowanceKind
from worker.ethereum.signatures import FunctionSignature, parse_signature

Packing = Literal["multisend", "erc7579", "router"]
THE_CALLED = "@"
"""The path that stands for the called contract."""


@dataclass(frozen=True, slots=True)
class Gives:
    """A right that a call gives, by the paths of its parts.

    `asset` empty: the called contract itself. `amount` empty: a right without a number, which covers everything.
    `switch`: false takes the right away. `owner` empty: the caller. `adds`: the amount is added to what was allowed
    before. `takes`: the call only takes a right away. `single`: one token is named by its id. `words`: the sentence
    about the right, with `{who}` and `{what}`, if the usual sentence does not fit.
    """

    kind: AllowanceKind
    spender: str
    asset: str = ""
    amount: str = ""
    switch: str = ""
    owner: str = ""
    words: str = ""
    adds: bool = False
    takes: bool = False
    single: bool = False


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls within a call. `to` empty: the called contract itself, for the same caller.

    `operation`: a number, of which `delegating` means that the code of `to` runs with the caller's own storage;
    `delegates`: it always does. `packing`: how the calls are packed into `data`, unless each element holds one call.
    """

    data: str
    to: str = ""
    value: str = ""
    operation: str = ""
    delegating: int = 1
    delegates: bool = False
    packing: Packing | None = None
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """`recipient`: the path of the recipient. `answers`: the call returns true, or has failed."""

    text: str
    gives: tuple[Gives, ...] = ()
    calls: tuple[Calls, ...] = ()
    recipient: str = ""
    answers: bool = False
    note: str = ""
    signature: FunctionSignature = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "signature", parse_signature(self.text))


def row(
    text: str, *parts: Gives | Calls, recipient: str = "", answers: bool = False, note: str = ""
) -> Meaning:
    gives = tuple(part for part in parts if isinstance(part, Gives))
    calls = tuple(part for part in parts if isinstance(part, Calls))
    return Meaning(text, gives, calls, recipient, answers, note)

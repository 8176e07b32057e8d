"""The form of the rows.

A path names an argument by its names (`permitBatch.details.token`). It passes through arrays by itself and then
stands for one value of each element. If a path of a row leads to one value and others to many, the one value applies
to all elements.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from forge.models.wallet_review import AllowanceKind
from worker.ethereum.function_signatures import FunctionSignature, parse_signature

Packing = Literal["multisend", "erc7579", "router", "actions"]
Place = Literal["caller", "called", "unnamed"]
THE_CALLED = "@"
"""The path that stands for the called contract."""
PLACES: dict[str, tuple[tuple[int, Place], ...]] = {
    "": (),
    "00": ((0, "caller"),),
    "01": ((0, "called"),),
    "02": ((1, "caller"), (2, "called")),
}
"""Numbers that a contract takes in place of an address: Lido's queue (00), Uniswap's routers by their version (01, 02).
`unnamed`: the call leaves open who gets it, so that only the simulation shows it.
"""


@dataclass(frozen=True, slots=True)
class Gives:
    """A right that a call gives. Each text except `kind` and `words` is the path of an argument."""

    kind: AllowanceKind
    """What kind of right it is."""
    spender: str
    """The account that gets the right."""
    asset: str = ""
    """The contract that grants the right; empty: the called contract itself."""
    amount: str = ""
    """The amount, or the id of a single token; empty: a right without a number, which covers everything."""
    switch: str = ""
    """A boolean of which false takes the right away; empty if there is none."""
    owner: str = ""
    """The account whose assets the right covers; empty: the caller."""
    words: str = ""
    """The sentence about the right, with `{who}` and `{what}`, if the usual sentence does not fit."""
    adds: bool = False
    """True if the amount is added to what was allowed before."""
    takes: bool = False
    """True if the call only takes a right away."""
    single: bool = False
    """True if the amount is the id of a single token."""
    at_once: bool = False
    """True if the amount is taken in this call and no right is left, so that an amount of zero takes no right away."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls within a call. Each text is the path of an argument."""

    data: str
    """The call data, or the packed calls."""
    to: str = ""
    """The called contracts; empty: the called contract itself, for the same caller."""
    value: str = ""
    """The values in wei; empty: no value."""
    operation: str = ""
    """A number that says how the call is made; empty if there is none."""
    delegating: int = 1
    """The `operation` with which the code of `to` runs with the caller's own storage."""
    delegates: bool = False
    """True if the code of `to` always runs with the caller's own storage."""
    packing: Packing | None = None
    """How the calls are packed into `data`; None if each element holds one call."""
    for_anyone: bool = False
    """True if the contract makes the calls of anybody, so that anybody can take what it holds."""
    mode: str = ""
    """The mode word of ERC-7579, or a router's commands or actions; empty if there is none."""


@dataclass(frozen=True, slots=True)
class Pays:
    """Who gets what comes of a call: of a swap, a withdrawal, a deposit. Each text is the path of an argument."""

    to: str
    """The account that gets it."""
    places: tuple[tuple[int, Place], ...] = ()
    """Numbers that the contract takes in place of an address, with what each stands for."""
    part: str = ""
    """The part that the account gets, in ten-thousandths; empty: all of it."""


@dataclass(frozen=True, slots=True)
class Refund:
    """A payment for gas that the called account makes beside the call. Each text is the path of an argument.

    The simulation does not show one in the chain's coin, because its gas costs nothing.
    """

    price: str
    """The price of a unit of gas; zero: nothing is paid."""
    to: str
    """The account that gets it; zero: the account that signs."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is known of a function."""

    text: str
    """The function's signature with the names that the paths use."""
    gives: tuple[Gives, ...] = ()
    """The rights that a call gives or takes away."""
    calls: tuple[Calls, ...] = ()
    """The calls within a call."""
    recipient: str = ""
    """The path of the recipient; empty if no argument names one."""
    refund: Refund | None = None
    """A payment for gas beside the call; None if there is none."""
    pays: Pays | None = None
    """Who gets what comes of the call; None if it moves only what the caller sends, or always pays the caller."""
    answers: bool = False
    """True if the function returns true, and anything else means that it has failed."""
    spends: str = ""
    """The path of an argument that is zero or false if the contract pays with what it holds; `@`: it always does;
    empty: it never does.
    """
    floor: str = ""
    """The path of the least that the caller accepts of what comes of a swap; empty if no argument says so."""
    ceiling: str = ""
    """The path of the most that the caller pays for a swap with a fixed result; empty if no argument says so."""
    prepaid: tuple[str, str] | None = None
    """The paths of an amount and of the tokens of a route: if the amount is zero, an earlier call has paid the first
    pair of the route (Uniswap V2). None if the call always pays itself.
    """
    borrows: bool = False
    """True if the call takes a loan, so that what arrives is owed."""
    brings: bool = False
    """True if the call only pays out what belongs to the caller, so that nothing of the caller's leaves for it."""
    checks: bool = False
    """True if the call makes no swap, and `floor` checks once more what the swaps before it give."""
    takes_from: str = ""
    """The path of the account that something is taken from; empty if no argument names it."""
    note: str = ""
    """A further remark for the person; empty if there is none."""
    signature: FunctionSignature = field(init=False)
    """`text`, parsed."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "signature", parse_signature(self.text))


def row(
    text: str,
    *parts: Gives | Calls | Pays | Refund,
    recipient: str = "",
    answers: bool = False,
    borrows: bool = False,
    brings: bool = False,
    checks: bool = False,
    spends: str = "",
    floor: str = "",
    ceiling: str = "",
    prepaid: tuple[str, str] | None = None,
    takes_from: str = "",
    note: str = "",
) -> Meaning:
    gives = tuple(part for part in parts if isinstance(part, Gives))
    calls = tuple(part for part in parts if isinstance(part, Calls))
    pays = next((part for part in parts if isinstance(part, Pays)), None)
    refund = next((part for part in parts if isinstance(part, Refund)), None)
    return Meaning(
        text,
        gives=gives,
        calls=calls,
        recipient=pays.to if pays and not pays.part else recipient,
        refund=refund,
        pays=pays,
        answers=answers,
        spends=spends,
        floor=floor,
        ceiling=ceiling,
        prepaid=prepaid,
        borrows=borrows,
        brings=brings,
        checks=checks,
        takes_from=takes_from,
        note=note,
    )

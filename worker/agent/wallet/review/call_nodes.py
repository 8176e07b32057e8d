"""The result of reading a request: its calls as a tree, and the rights that they give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from forge.models.wallet_review import AllowanceKind, ReviewWarning
from worker.agent.wallet.review.known_functions import Meaning


@dataclass(frozen=True, slots=True)
class Right:
    """A right that a call gives or takes away."""

    kind: AllowanceKind
    """What kind of right it is."""
    token: str | None
    """The contract that grants the right; None if it is in bytes that cannot be read."""
    spender: str
    """The account that gets the right; empty: nobody."""
    amount: int | None = None
    """The amount in base units, or the id of a single token; None: everything."""
    owner: str | None = None
    """The account whose assets the right covers; None: the request's sender."""
    function: str = ""
    """The name of the function or event that shows the right."""
    is_inner: bool = False
    """True if the right comes from a call within a call."""
    adds: bool = False
    """True if the amount is added to what was allowed before."""
    revokes: bool = False
    """True if the right is taken away."""
    single: bool = False
    """True if `amount` is the id of a single token."""
    at_once: bool = False
    """True if the amount is taken in this call, and no right is left."""
    words: str = ""
    """The sentence about the right; empty if the usual sentence fits."""
    is_simulated: bool = False
    """True if the right comes from the logs of the simulation."""


@dataclass(slots=True)
class Node:
    """One call as the chain would execute it."""

    to: str
    """The called contract."""
    value: int
    """The value in wei."""
    data: bytes
    """The call data, or the input of a router's command."""
    acts_as: str
    """The account that is the caller of the calls within this one."""
    caller: str | None = None
    """The account that makes this call; None: the request's sender."""
    command: Meaning | None = None
    """The meaning of a router's command, whose data has no selector."""
    meaning: Meaning | None = None
    """What is known of the called function; None if nothing is."""
    values: list[Any] = field(default_factory=list[Any])
    """The decoded arguments, in order."""
    understood: bool = False
    """True if all of the data could be decoded."""
    note: str | None = None
    """A remark for the person; None if there is none."""
    may_fail: bool = False
    """True if the calls after this one are made although it has failed."""
    delegated: bool = False
    """True if the code of `to` runs with the storage of `acts_as`."""
    inner: list[Node] = field(default_factory=lambda: list[Node]())  # noqa: PLW0108
    """The calls within this call."""


@dataclass(slots=True)
class Reading:
    """A request as its call data says it."""

    calls: list[Node] = field(default_factory=list[Node])
    """The calls of the request, in order; each has those within it."""
    rights: list[Right] = field(default_factory=list[Right])
    """The rights that the calls give or take away."""
    warnings: list[ReviewWarning] = field(default_factory=list[ReviewWarning])
    """Warnings about call data that is unusual or could not be read."""

"""The result of reading a request: its calls as a tree, and the rights that they give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from forge.models.wallet_review import AllowanceKind, ReviewWarning
from worker.agent.wallet.review.meanings import Meaning


@dataclass(frozen=True, slots=True)
class Right:
    """A right that a call gives or takes away. `owner` null: the request's sender. `amount` null: everything.

    `token` null: the right is in bytes that cannot be read, so its contract is unknown. `spender` empty: nobody.
    """

    kind: AllowanceKind
    token: str | None
    spender: str
    amount: int | None = None
    owner: str | None = None
    function: str = ""
    is_inner: bool = False
    adds: bool = False
    revokes: bool = False
    single: bool = False
    words: str = ""
    is_simulated: bool = False


@dataclass(slots=True)
class Node:
    """One call. `caller` null: the request's sender. `acts_as`: the caller of the calls within it.

    `command`: the meaning of a router's command, whose data has no selector.
    """

    to: str
    value: int
    data: bytes
    acts_as: str
    caller: str | None = None
    command: Meaning | None = None
    meaning: Meaning | None = None
    values: list[Any] = field(default_factory=list[Any])
    understood: bool = False
    note: str | None = None
    delegated: bool = False
    inner: list[Node] = field(default_factory=lambda: list[Node]())  # noqa: PLW0108


@dataclass(slots=True)
class Reading:
    calls: list[Node] = field(default_factory=list[Node])
    rights: list[Right] = field(default_factory=list[Right])
    warnings: list[ReviewWarning] = field(default_factory=list[ReviewWarning])

"""The accounts that a call names as those which get something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from worker.agent.wallet.review.argument_paths import broadcast, selected
from worker.agent.wallet.review.call_nodes import Node

WHOLE = 10_000
"""All that comes of a call; parts of it are in ten-thousandths."""


@dataclass(frozen=True, slots=True)
class Payee:
    """An account that a call names."""

    account: str
    """The address; empty: the account that signs."""
    part: int = WHOLE
    """The part that it gets, in ten-thousandths."""


def recipients_in(node: Node) -> list[str]:
    """Return the recipients that the call names, in lower case; an empty one is the account that signs."""
    if not (node.understood and node.meaning):
        return []
    path = node.meaning.recipient
    named = selected(node.meaning.signature.inputs, node.values, path, node.to)
    return [_account(node, each).lower() for each in named]


def _account(node: Node, named: str) -> str:
    places = dict(node.meaning.pays.places) if node.meaning and node.meaning.pays else {}
    match places.get(int(named, 16)):
        case "caller":
            return node.caller or ""
        case "called":
            return node.to
        case "unnamed":
            return ""
        case None:
            return named


def payees_of(node: Node) -> Iterator[Payee]:
    if not (node.understood and node.meaning and (pays := node.meaning.pays)):
        return
    columns = [selected(node.meaning.signature.inputs, node.values, path) for path in (pays.to, pays.part)]
    for named, part in broadcast(columns):
        yield Payee(_account(node, named), WHOLE if part is None else part)

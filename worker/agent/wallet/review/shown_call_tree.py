"""The tree of calls as it is shown: every call, with as many of its arguments as fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from forge.models.counted_words import counted
from forge.models.wallet_review import ReviewArgument, ReviewedCall
from worker.agent.wallet.review.argument_paths import texts
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.recipients import recipients_in
from worker.ethereum.abi_values import from_abi
from worker.ethereum.addresses import checksummed
from worker.ethereum.function_signatures import AbiType

MOST_SHOWN = 40
MOST_ELEMENTS = 8
MOST_CHARACTERS = 140


def shown_calls(nodes: list[Node]) -> tuple[list[ReviewedCall], bool]:
    """Return the calls, and whether they are complete."""
    room = _Room()
    calls = [room.shown(node) for node in nodes]
    return calls, room.is_whole


def recipient_of(node: Node, sender: str | None) -> str:
    """Return the final recipient, if the calls lead to one. Who exchanges something for themselves sends it to the
    contract. `sender`: the account that signs; None if unknown.
    """
    node = _innermost(node)
    return checksummed(_payee(node, sender) or node.to)


def names_payee(node: Node, sender: str | None) -> bool:
    """Return whether the calls lead to an account that an argument names, or that is only paid."""
    node = _innermost(node)
    return not node.data or _payee(node, sender) is not None


def _innermost(node: Node) -> Node:
    while len(node.inner) == 1:
        node = node.inner[0]
    return node


def _payee(node: Node, sender: str | None) -> str | None:
    found = set(recipients_in(node))
    is_own = bool(found & {"", (sender or "").lower()}) and node.meaning and node.meaning.pays
    return None if is_own or len(found) != 1 else found.pop()


def all_nodes(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from all_nodes(node.inner)


class _Room:
    def __init__(self) -> None:
        self._left = MOST_SHOWN
        self.is_whole = True

    def shown(self, node: Node) -> ReviewedCall:
        self._left -= 1
        name = node.meaning.signature.name if node.meaning else None
        inner: list[ReviewedCall] = []
        for each in node.inner:
            if self._left <= 0:
                self.is_whole = False
                break
            inner.append(self.shown(each))
        return ReviewedCall(
            to=checksummed(node.to),
            function=name,
            arguments=self._arguments(node),
            understood=node.understood,
            note=node.note,
            inner=inner,
        )

    def _arguments(self, node: Node) -> list[ReviewArgument]:
        if node.meaning is None or not node.understood:
            return []
        carried = {calls.data.partition(".")[0] for calls in node.meaning.calls}
        pairs = zip(node.meaning.signature.inputs, node.values, strict=True)
        return [
            self._argument(kind, value) for kind, value in pairs if not node.inner or kind.name not in carried
        ]

    def _argument(self, kind: AbiType, value: Any) -> ReviewArgument:
        """A byte string that is cut hides nothing: nobody reads it, and the card has the whole data beside it."""
        self.is_whole &= all(len(text) <= MOST_CHARACTERS for text in texts(kind, value))
        return ReviewArgument(
            name=kind.name or None, type=kind.canonical(), value=self._cut(from_abi(kind, value))
        )

    def _cut(self, value: Any) -> Any:
        if isinstance(value, list):
            return self._cut_list(cast("list[Any]", value))
        if isinstance(value, str) and len(value) > MOST_CHARACTERS:
            return f"{value[:MOST_CHARACTERS]}… ({counted(len(value), 'character')})"
        return value

    def _cut_list(self, values: list[Any]) -> list[Any]:
        cut = [self._cut(each) for each in values[:MOST_ELEMENTS]]
        if (more := len(values) - len(cut)) == 0:
            return cut
        self.is_whole = False
        return [*cut, f"… {more} more"]

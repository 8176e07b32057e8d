"""The calls that are encoded in the data of a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from worker.agent.wallet.review import packed_calls
from worker.agent.wallet.review.argument_paths import broadcast, selected
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.known_functions import Calls, Meaning
from worker.agent.wallet.review.known_functions.router import (
    COMMAND_MASK,
    MAY_FAIL,
    NEWER,
    is_raw_call,
    router_commands,
)
from worker.ethereum.lenient_decoding import Allotment


def inner_calls(node: Node, meaning: Meaning, calls: Calls, allotment: Allotment) -> Iterable[Node] | None:
    """Return None if the form is not known. Raises `TooMuch`."""
    columns = {
        name: selected(meaning.signature.inputs, node.values, path, node.to)
        for name, path in (
            ("to", calls.to),
            ("value", calls.value),
            ("data", calls.data),
            ("operation", calls.operation),
            ("mode", calls.mode),
        )
    }
    match calls.packing:
        case None:
            return _plain(node, calls, columns)
        case "multisend":
            return (
                _child(node, each) for content in columns["data"] for each in packed_calls.multisend(content)
            )
        case "erc7579":
            found = packed_calls.erc7579(columns["mode"][0], columns["data"][0], allotment)
            return None if found is None else (_child(node, each) for each in found)
        case "router":
            return _commands(node, columns["mode"][0], columns["data"])


def _plain(node: Node, calls: Calls, columns: dict[str, list[Any]]) -> Iterator[Node]:
    for to, value, data, operation in broadcast(
        [columns[name] for name in ("to", "value", "data", "operation")]
    ):
        delegates = calls.delegates or int(operation or 0) == calls.delegating
        yield _child(node, packed_calls.Packed(to or "", value or 0, data or b"", int(delegates)))


def _child(node: Node, call: packed_calls.Packed) -> Node:
    """A contract that calls itself keeps its caller; delegated code acts as the contract that delegates to it."""
    if not call.to:
        return Node(node.to, call.value, call.data, node.acts_as, caller=node.caller)
    delegated = call.operation == packed_calls.DELEGATES
    acts_as = node.acts_as if delegated else call.to
    return Node(call.to, call.value, call.data, acts_as, caller=node.acts_as, delegated=delegated)


def _commands(node: Node, commands: bytes, inputs: Sequence[bytes]) -> Iterator[Node]:
    """The router acts for its own caller. A command without inputs fails, and so does the call that contains it. A
    command of two meanings is one that is not known, and the one that an older router carries out.
    """
    for index, byte in enumerate(commands):
        data, command = inputs[index] if index < len(inputs) else b"", byte & COMMAND_MASK
        if byte & NEWER:
            twofold = f"The command 0x{byte & ~MAY_FAIL:02x} means one thing to old routers and another to new ones."
            yield Node(node.to, 0, data, node.acts_as, node.caller, note=twofold)
        if is_raw_call(command):
            yield Node(node.to, 0, data, node.acts_as, caller=node.caller)
        else:
            meaning = router_commands().get(command)
            note = None if meaning else f"The command 0x{command:02x} is not known."
            may_fail = bool(byte & MAY_FAIL)
            yield Node(
                node.to, 0, data, node.acts_as, node.caller, command=meaning, note=note, may_fail=may_fail
            )

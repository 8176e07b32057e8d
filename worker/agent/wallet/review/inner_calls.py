"""The calls that are encoded in the data of a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from eth_abi.abi import encode

from worker.agent.wallet.review import packed_calls
from worker.agent.wallet.review.argument_paths import broadcast, selected
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.known_functions import Calls, Meaning
from worker.agent.wallet.review.known_functions.router import (
    COMMAND_MASK,
    MAY_FAIL,
    NEWER,
    is_raw_call,
    newer_commands,
    router_commands,
)
from worker.agent.wallet.review.known_functions.uniswap_v4 import v4_actions
from worker.ethereum.lenient_decoding import WORD, Allotment, LenientReader, TooMuch


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
            return _commands(node, columns["mode"][0], columns["data"], allotment)
        case "actions":
            return _actions(node, columns["mode"][0], columns["data"], allotment)


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


def _commands(node: Node, commands: bytes, inputs: Sequence[bytes], allotment: Allotment) -> Iterator[Node]:
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
            newer, meaning = newer_commands().get(command), router_commands().get(command)
            if newer and _exact_values(newer, data, allotment):
                meaning = newer
            note = None if meaning else f"The command 0x{command:02x} is not known."
            may_fail = bool(byte & MAY_FAIL)
            yield Node(
                node.to, 0, data, node.acts_as, node.caller, command=meaning, note=note, may_fail=may_fail
            )


def _actions(node: Node, actions: bytes, params: Sequence[bytes], allotment: Allotment) -> Iterator[Node]:
    """Routers of two versions read the parameters of an action in two forms, so they count only if they are exactly
    what a program writes in one of them, and no router reads other amounts in them.
    """
    for index, action in enumerate(actions):
        data = params[index] if index < len(params) else b""
        meaning = _form_of(action, data, allotment)
        note = None if meaning else f"The action 0x{action:02x} is not known in this form."
        yield Node(node.to, 0, data, node.acts_as, node.caller, command=meaning, note=note)


def _form_of(action: int, data: bytes, allotment: Allotment) -> Meaning | None:
    for form in v4_actions().get(action, ()):
        values = _exact_values(form.meaning, data, allotment)
        if values is None:
            continue
        offsets = selected(form.meaning.signature.inputs, values, form.offset_elsewhere)
        return form.meaning if all(offset >= len(data) for offset in offsets) else None
    return None


def _exact_values(meaning: Meaning, data: bytes, allotment: Allotment) -> list[Any] | None:
    """Return the arguments if a program writes them as these bytes. Raises `TooMuch` if nothing more may be read."""
    kinds, words = meaning.signature.inputs, len(data) // WORD + 1
    allotment.spend(words)
    try:
        values = LenientReader(data, 0, Allotment(words)).values(kinds)
    except TooMuch:
        return None
    return values if encode([kind.canonical() for kind in kinds], values) == data else None

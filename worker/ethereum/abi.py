"""Encoding and decoding of calls, and of revert data."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode
from eth_abi.codec import ABIDecoder
from eth_abi.decoding import ContextFramesBytesIO
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.registry import registry

from forge.models.counted_words import counted
from worker.ethereum.abi_values import AddressParser, from_abi, to_abi
from worker.ethereum.function_signatures import AbiType, FunctionSignature, parse_signature, parse_types
from worker.ethereum.known_function_signatures import PANICS, known_errors, known_functions
from worker.ethereum.reading_results import Argument, DecodedCall, EncodedCall
from worker.tool_outcomes import ToolRefused
from worker.untrusted_text import from_outside

_HEX_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
LONGEST_REASON = 500
MOST_BYTES = 131_072
"""Maximum bytes of call data or of a result that are decoded: the largest transaction in geth's pool (txMaxSize)."""
MOST_WORDS = 20_000
"""Maximum words of 32 bytes that decoding may read: about five for each word of `MOST_BYTES`."""
_REVERT_BYTES = 4_096


class _MeteredStream(ContextFramesBytesIO):
    """All elements of an array may point to one place, so a little data may stand for very many values."""

    words_left = MOST_WORDS

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.words_left -= 1 + len(data) // 32
        if self.words_left < 0:
            raise ToolRefused(
                f"Its {counted(len(self.getbuffer()), 'byte')} stand for too many values to be read."
            )
        return data


class _MeteredDecoder(ABIDecoder):
    stream_class = _MeteredStream


decode = _MeteredDecoder(registry).decode


def check_size(data: bytes) -> None:
    """Check the size before anything is decoded, so that refused data costs nothing."""
    if len(data) > MOST_BYTES:
        raise ToolRefused(f"The data has {counted(len(data), 'byte')}; at most {MOST_BYTES} are decoded.")


def parse_data(text: str, name: str = "input") -> bytes:
    if not _HEX_DATA.fullmatch(text.strip()):
        raise ToolRefused(
            "The call data must be 0x and an even number of hex digits.",
            f"Pass it as `{name}`; make it with encode_function_call.",
        )
    return bytes.fromhex(text.strip()[2:])


def encode_call(signature: str, arguments: Sequence[Any], address: AddressParser) -> EncodedCall:
    function = parse_signature(signature)
    wanted = len(function.inputs)
    if len(arguments) != wanted:
        raise ToolRefused(f"{function.canonical()} takes {wanted} arguments, not {len(arguments)}.")
    values = [
        to_abi(kind, value, f"arguments[{i}]", address)
        for i, (kind, value) in enumerate(zip(function.inputs, arguments, strict=True))
    ]
    try:
        body = encode([kind.canonical() for kind in function.inputs], values)
    except EncodingError as error:
        raise ToolRefused(f"The arguments do not fit {function.canonical()}: {error}") from error
    return EncodedCall(
        signature=function.canonical(),
        selector="0x" + function.selector().hex(),
        data="0x" + (function.selector() + body).hex(),
        arguments=_arguments(function, values),
    )


def decode_call(data: bytes, signature: str | None) -> DecodedCall:
    check_size(data)
    if len(data) < 4:
        raise ToolRefused("Call data has at least the four bytes of the function's selector.")
    selector = data[:4]
    function = parse_signature(signature) if signature else known_functions().get(selector)
    if function is None:
        return DecodedCall(selector="0x" + selector.hex(), words=_words(data[4:]))
    if function.selector() != selector:
        raise ToolRefused(
            f"The data calls selector 0x{selector.hex()}, but {function.canonical()} has "
            f"0x{function.selector().hex()}: it is another function."
        )
    values = _decode(function.inputs, data[4:], function.canonical())
    return DecodedCall(
        selector="0x" + selector.hex(),
        signature=function.canonical(),
        function=function.name,
        arguments=_arguments(function, values),
        is_whole=encode([kind.canonical() for kind in function.inputs], values) == data[4:],
    )


def decode_answer(data: bytes, returns: str) -> list[Argument]:
    check_size(data)
    kinds = parse_types(returns)
    values = _decode(kinds, data, returns)
    return [_argument(kind, value) for kind, value in zip(kinds, values, strict=True)]


def explain_revert(data: bytes) -> str:
    """Return what revert data says, in words. The words come from the contract and are untrusted text."""
    if not data:
        return "no reason given"
    error = known_errors().get(data[:4])
    if error is None:
        return f"custom error 0x{data[:4].hex()} with data 0x{data[4:_REVERT_BYTES].hex()}"[:LONGEST_REASON]
    try:
        values = list(
            decode([kind.canonical() for kind in error.inputs], data[4:_REVERT_BYTES], strict=False)
        )
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return f"malformed {error.name} 0x{data[4:_REVERT_BYTES].hex()}"[:LONGEST_REASON]
    if error.name == "Panic":
        return f"panic 0x{values[0]:02x}: {PANICS.get(values[0], 'unknown code')}"
    if error.name == "Error":
        return from_outside(values[0], LONGEST_REASON)
    arguments = _arguments(error, values)
    said = f"{error.name}({', '.join(f'{a.name}={a.value}' for a in arguments)})"[:LONGEST_REASON]
    return from_outside(said) if say_something(arguments) else said


def say_something(arguments: Sequence[Argument]) -> bool:
    """Return whether the values contain a text, which somebody has written."""
    return any("string" in argument.type for argument in arguments)


def heard(arguments: Sequence[Argument]) -> None:
    """Decoding happens in a thread that records no texts from outside, so they are recorded here."""
    if say_something(arguments):
        from_outside(json.dumps([argument.value for argument in arguments], default=str), LONGEST_REASON)


def _decode(kinds: Sequence[AbiType], data: bytes, what: str) -> list[Any]:
    try:
        return list(decode([kind.canonical() for kind in kinds], data))
    except (DecodingError, OverflowError, UnicodeDecodeError) as error:
        raise ToolRefused(f"The data does not fit {what}: {error}") from error


def _arguments(function: FunctionSignature, values: Sequence[Any]) -> list[Argument]:
    return [_argument(kind, value) for kind, value in zip(function.inputs, values, strict=True)]


def _argument(kind: AbiType, value: Any) -> Argument:
    return Argument(name=kind.name or None, type=kind.canonical(), value=from_abi(kind, value))


def _words(data: bytes) -> list[str]:
    return ["0x" + data[i : i + 32].hex() for i in range(0, min(len(data), 32 * 64), 32)]

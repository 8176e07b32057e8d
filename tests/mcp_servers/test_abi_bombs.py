"""Data whose elements all point to one place: a little of it would fill the worker's memory, for all sessions."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode

from worker.ethereum.abi import MOST_BYTES, decode_answer, decode_call
from worker.ethereum.function_signatures import parse_types
from worker.tool_outcomes import ToolRefused

MULTICALL = bytes.fromhex("ac9650d8")


def shared(pointers: int, tail: bytes) -> bytes:
    """An array whose elements all lie in `tail`."""
    head = [32, pointers, *[pointers * 32] * pointers]
    return b"".join(word.to_bytes(32) for word in head) + tail


def bomb(depth: int, width: int) -> bytes:
    """Arrays in arrays: `width` to the power of `depth` numbers."""
    numbers = b"".join(word.to_bytes(32) for word in [width, *[7] * width])
    for _ in range(depth - 1):
        numbers = b"".join(word.to_bytes(32) for word in [width, *[width * 32] * width]) + numbers
    return (32).to_bytes(32) + numbers


def test_the_bombs_are_well_formed_and_small_ones_are_read() -> None:
    (outer,) = decode_answer(bomb(3, 4), "uint256[][][]")
    assert outer.value == [[["7"] * 4] * 4] * 4
    call = decode_call(MULTICALL + shared(3, (32).to_bytes(32) + b"x" * 32), None)
    assert call.arguments[0].value == ["0x" + "78" * 32] * 3


@pytest.mark.parametrize(("depth", "width"), [(2, 2_000), (4, 40), (7, 10)])
def test_arrays_that_share_their_elements_are_refused(depth: int, width: int) -> None:
    with pytest.raises(ToolRefused, match="too many values to be read"):
        decode_answer(bomb(depth, width), "uint256" + "[]" * depth)


def test_a_known_function_whose_calls_share_their_bytes_is_refused() -> None:
    huge = (48_000).to_bytes(32) + bytes(48_000)
    with pytest.raises(ToolRefused, match="too many values to be read"):
        decode_call(MULTICALL + shared(2_000, huge), None)


def test_long_data_of_plain_types_is_read() -> None:
    data = encode(["uint256[]", "bytes"], [list(range(3_000)), b"y" * 30_000])
    numbers, text = decode_answer(data, "(uint256[],bytes)")
    assert len(numbers.value) == 3_000
    assert len(text.value) == 2 + 60_000


@pytest.mark.parametrize("types", ["uint256[]", "bytes[]", "(address,uint256)[]", "string"])
def test_the_longest_data_that_share_nothing_are_read(types: str) -> None:
    one: Any = {"uint256[]": 1, "bytes[]": b"y", "(address,uint256)[]": ("0x" + "11" * 20, 1), "string": "y"}[
        types
    ]
    size = len(encode([types], [[one] * 2 if types != "string" else "y" * 64])) - len(
        encode([types], [[one] if types != "string" else "y" * 32])
    )
    count = MOST_BYTES // size - 4
    (value,) = decode_answer(
        encode([types], [[one] * count if types != "string" else "y" * 32 * count]), types
    )
    assert len(value.value) in {count, 32 * count}


def test_longer_data_are_refused_before_anything_is_decoded() -> None:
    with pytest.raises(ToolRefused, match="at most"):
        decode_answer(bytes(MOST_BYTES + 1), "uint256[]")


@pytest.mark.parametrize("types", ["uint256[0][]", "()[]", "(uint256,())", "uint256[9999999999]"])
def test_types_that_take_no_room_or_too_much_are_no_types(types: str) -> None:
    with pytest.raises(ToolRefused, match="Cannot read the signature"):
        parse_types(types)


def test_deep_arrays_that_share_nothing_are_read() -> None:
    value = [[["text"] * 6] * 6] * 6
    (outer,) = decode_answer(encode(["string[][][]"], [value]), "string[][][]")
    assert outer.value == value

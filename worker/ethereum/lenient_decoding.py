"""Reads call data as the most lenient contract does (Solidity before 0.5 with ABI coder 1, hand-written code).

Such a contract masks the upper bytes of short types, takes every number except zero for true, reads zeros after the
end of the data, and adds offsets modulo 2^256, so that they may point backwards. A wallet request is read like this,
because somebody may have written it so that a stricter reader sees nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from worker.ethereum.function_signatures import AbiType

WORD = 32
_MODULUS = 2**256


class TooMuch(Exception):
    """The data stands for more values than may be read."""


class Allotment:
    """The number of words that may still be read, over all calls of one request."""

    def __init__(self, words: int) -> None:
        self.left = words

    def spend(self, words: int) -> None:
        self.left -= words
        if self.left < 0:
            raise TooMuch


class LenientReader:
    """Reads values from `data`. `start`: the position of the arguments, after the selector."""

    def __init__(self, data: bytes, start: int, allotment: Allotment) -> None:
        self._data, self._start, self._allotment = data, start, allotment

    def values(self, kinds: Sequence[AbiType]) -> list[Any]:
        """Return integers, addresses as `0x` text, bytes, text, and lists for arrays and tuples. Raises `TooMuch`."""
        return self._members(kinds, self._start)

    def _members(self, kinds: Sequence[AbiType], base: int) -> list[Any]:
        found: list[Any] = []
        position = base
        for kind in kinds:
            found.append(self._value(kind, position, base))
            position += _head_size(kind)
        return found

    def _value(self, kind: AbiType, position: int, base: int) -> Any:
        if is_dynamic(kind):
            position = (base + self._word(position)) % _MODULUS
        if kind.sizes:
            return self._array(kind, position)
        if kind.base == "tuple":
            return self._members(kind.components, position)
        if kind.base in {"bytes", "string"}:
            content = self._content(position)
            return content if kind.base == "bytes" else content.decode(errors="replace")
        return _scalar(kind.base, self._word(position))

    def _array(self, kind: AbiType, position: int) -> list[Any]:
        length = kind.sizes[-1]
        if length is None:
            length, position = self._word(position), (position + WORD) % _MODULUS
        if length > self._allotment.left:
            raise TooMuch
        item = kind.item()
        step = _head_size(item)
        return [self._value(item, (position + index * step) % _MODULUS, position) for index in range(length)]

    def _content(self, position: int) -> bytes:
        length, begin = self._word(position), (position + WORD) % _MODULUS
        content = self._data[begin : begin + length] if begin < len(self._data) else b""
        self._allotment.spend(len(content) // WORD)
        return content

    def _word(self, position: int) -> int:
        self._allotment.spend(1)
        if position >= len(self._data):
            return 0
        return int.from_bytes(self._data[position : position + WORD].ljust(WORD, b"\0"))


def is_dynamic(kind: AbiType) -> bool:
    if kind.sizes:
        return None in kind.sizes or is_dynamic(AbiType(kind.base, "", kind.components))
    return kind.base in {"bytes", "string"} or any(is_dynamic(each) for each in kind.components)


def _head_size(kind: AbiType) -> int:
    """Return the bytes that the value takes at its place, which holds either an offset or the value itself."""
    if is_dynamic(kind):
        return WORD
    size = sum(_head_size(each) for each in kind.components) if kind.base == "tuple" else WORD
    for count in kind.sizes:
        size *= count or 0
    return size


def _scalar(base: str, word: int) -> Any:
    if base == "address":
        return f"0x{word % 2**160:040x}"
    if base == "bool":
        return word != 0
    if base.startswith("bytes"):
        return word.to_bytes(WORD)[: int(base[5:])]
    bits = int(base.removeprefix("u").removeprefix("int"))
    number = word % 2**bits
    return number if base.startswith("u") or number < 2 ** (bits - 1) else number - 2**bits

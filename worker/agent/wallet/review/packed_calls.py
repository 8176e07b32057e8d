"""Calls that are packed together in special forms. Each reader stops where the contract would stop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from worker.ethereum.function_signatures import parse_types
from worker.ethereum.lenient_decoding import Allotment, LenientReader

_BATCH = parse_types("((address target, uint256 value, bytes data)[] calls)")
_BATCHES = parse_types("(bytes[] batches)")
_BATCH_OF_BATCHES = bytes.fromhex("00000078210002")
"""ERC-7821: the third mode, bytes 3 to 9 of the mode word."""
_HEAD = 85
"""Number of bytes before the data of a call in `multiSend`: operation, address, value, length."""
DELEGATES = 1


@dataclass(frozen=True, slots=True)
class Packed:
    """One call of several that are packed together."""

    to: str
    """The called contract; empty: the contract that unpacks the call."""
    value: int
    """The value in wei."""
    data: bytes
    """The call data."""
    operation: int = 0
    """1: the code of `to` runs with the caller's own storage (`DELEGATES`). 0: an ordinary call."""


def multisend(packed: bytes) -> Iterator[Packed]:
    """Read calls as Safe's MultiSend does: it reads to the end of the data, and reads zeros beyond it."""
    position = 0
    while position < len(packed):
        head = packed[position : position + _HEAD].ljust(_HEAD, b"\0")
        length = int.from_bytes(head[53:85])
        begin = position + _HEAD
        data = packed[begin : begin + length]
        yield Packed("0x" + head[1:21].hex(), int.from_bytes(head[21:53]), data, head[0])
        position = begin + length


def erc7579(mode: bytes, packed: bytes, allotment: Allotment) -> Iterator[Packed] | None:
    """Read calls of ERC-7579 and ERC-7821; None for a mode that neither defines."""
    if mode[:1] == b"\x01" and mode[3:10] == _BATCH_OF_BATCHES:
        return _batches(packed, allotment)
    readers = {b"\x00": _single, b"\x01": _batch, b"\xfe": _single, b"\xff": _delegated}
    reader = readers.get(mode[:1])
    return reader(packed, allotment) if reader else None


def _single(packed: bytes, _: Allotment) -> Iterator[Packed]:
    yield Packed("0x" + packed[:20].ljust(20, b"\0").hex(), int.from_bytes(packed[20:52]), packed[52:])


def _delegated(packed: bytes, _: Allotment) -> Iterator[Packed]:
    yield Packed("0x" + packed[:20].ljust(20, b"\0").hex(), 0, packed[20:], DELEGATES)


def _batch(packed: bytes, allotment: Allotment) -> Iterator[Packed]:
    (calls,) = LenientReader(packed, 0, allotment).values(_BATCH)
    for target, value, data in calls:
        yield Packed("" if int(target, 16) == 0 else target, value, data)


def _batches(packed: bytes, allotment: Allotment) -> Iterator[Packed]:
    (batches,) = LenientReader(packed, 0, allotment).values(_BATCHES)
    for batch in batches:
        yield from _batch(batch, allotment)

"""Finds arguments by the paths of the rows (`review/known_functions/rows.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from worker.agent.wallet.review.known_functions.rows import THE_CALLED
from worker.ethereum.function_signatures import AbiType


def selected(kinds: Sequence[AbiType], values: Sequence[Any], path: str, called: str = "") -> list[Any]:
    """Return all values for which `path` stands; none for an empty path."""
    if not path:
        return []
    if path == THE_CALLED:
        return [called]
    return _select(AbiType("tuple", "", tuple(kinds)), list(values), path.split("."))


def broadcast(columns: Sequence[list[Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `columns`. A shorter column repeats its last value; an empty one gives None."""
    for index in range(max((len(column) for column in columns), default=0)):
        yield tuple(column[min(index, len(column) - 1)] if column else None for column in columns)


def raw_bytes(kinds: Sequence[AbiType], values: Sequence[Any], known: Sequence[str]) -> Iterator[bytes]:
    """Yield all byte strings among the arguments except those at `known` paths."""
    yield from _leaves("bytes", AbiType("tuple", "", tuple(kinds)), list(values), "", known)


def addresses(kinds: Sequence[AbiType], values: Sequence[Any]) -> Iterator[str]:
    """Yield all addresses among the arguments, also those in tuples and arrays."""
    yield from _leaves("address", AbiType("tuple", "", tuple(kinds)), list(values), "", ())


def texts(kind: AbiType, value: Any) -> Iterator[str]:
    """Yield all texts within an argument."""
    yield from _leaves("string", kind, value, "", ())


def _select(kind: AbiType, value: Any, parts: Sequence[str]) -> list[Any]:
    if kind.sizes:
        return [found for item in value for found in _select(kind.item(), item, parts)]
    if not parts:
        return [value]
    index = [each.name for each in kind.components].index(parts[0])
    return _select(kind.components[index], value[index], parts[1:])


def _leaves(base: str, kind: AbiType, value: Any, path: str, known: Sequence[str]) -> Iterator[Any]:
    if path in known and path:
        return
    if kind.sizes:
        for item in value:
            yield from _leaves(base, kind.item(), item, path, known)
    elif kind.base == "tuple":
        for component, item in zip(kind.components, value, strict=True):
            inner = f"{path}.{component.name}" if path else component.name
            yield from _leaves(base, component, item, inner, known)
    elif kind.base == base:
        yield value

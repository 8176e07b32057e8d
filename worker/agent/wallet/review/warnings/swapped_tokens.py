"""For which token each limit of a swap is. The rows' names say so: `tokenIn`, `tokenOut`, `path`, `token`; of Uniswap
V4 `currencyIn`, `currencyOut`, `hops`, `currency`, and `poolKey` with `zeroForOne`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from worker.agent.wallet.review.argument_paths import selected
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.known_functions.rows import THE_CALLED, Meaning
from worker.ethereum.addresses import ZERO_ADDRESS

COIN = ""
"""Stands for the chain's own coin in place of a token's address."""
_ADDRESS_BYTES = 20


@dataclass(frozen=True, slots=True)
class Limit:
    """The least or the most that a call accepts of one token."""

    amount: int
    """The limit in base units."""
    token: str
    """The token's address in lower case; `COIN` if the call names none."""
    is_swap: bool
    """False if the call only pays out what the contract holds."""


def lower_limits(node: Node) -> Iterator[Limit]:
    if node.understood and (meaning := node.meaning):
        yield from _limits(node, meaning, meaning.floor, "tokenOut", is_end=True)


def upper_limits(node: Node) -> Iterator[Limit]:
    if node.understood and (meaning := node.meaning):
        yield from _limits(node, meaning, meaning.ceiling, "tokenIn", is_end=False)


def _limits(node: Node, meaning: Meaning, limit: str, name: str, *, is_end: bool) -> Iterator[Limit]:
    amounts: list[int] = selected(meaning.signature.inputs, node.values, limit)
    token = _token(node, meaning, limit.rpartition(".")[0], name, is_end=is_end) if amounts else COIN
    for amount in amounts:
        yield Limit(amount, token, is_swap=not (meaning.checks or meaning.spends == THE_CALLED))


def _token(node: Node, meaning: Meaning, within: str, name: str, *, is_end: bool) -> str:
    """Uniswap V3 writes the path of a swap with a fixed result from its end."""
    for each in (name, "path", "token"):
        found = _named(node, meaning, f"{within}.{each}" if within else each)
        if found and isinstance(found[0], bytes):
            path, at_end = found[0], is_end != bool(meaning.ceiling)
            return "0x" + (path[-_ADDRESS_BYTES:] if at_end else path[:_ADDRESS_BYTES]).hex()
        if found:
            return str(found[-1 if is_end else 0]).lower()
    found = _currencies(node, meaning, within, name, is_end=is_end)
    return COIN if not found or found == ZERO_ADDRESS else found


def _currencies(node: Node, meaning: Meaning, within: str, name: str, *, is_end: bool) -> str:
    """Return the token that a swap of Uniswap V4 names; zero stands for the chain's own coin."""

    def named(path: str) -> list[Any]:
        return _named(node, meaning, f"{within}.{path}" if within else path)

    if forwards := named("zeroForOne"):
        return str(named(f"poolKey.currency{int(forwards[0] == is_end)}")[0]).lower()
    for each in (name.replace("token", "currency"), "hops.currency", "currency"):
        if found := named(each):
            return str(found[-1 if is_end else 0]).lower()
    return ""


def _named(node: Node, meaning: Meaning, path: str) -> list[Any]:
    try:
        return selected(meaning.signature.inputs, node.values, path)
    except ValueError:
        return []

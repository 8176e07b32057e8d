"""The addresses of Uniswap V2's pairs, which follow from the tokens (EIP-1014), so that no chain needs to be asked."""

from __future__ import annotations

from eth_hash.auto import keccak

FACTORIES = (
    "0x5C69bEe701ef814a2B6a3EDD4B1652CB9cc5aA6f",
    "0x8909Dc15e40173Ff4699343b6eB8132c65e18eC6",
    "0x9e5A52f57b3038F1B8EeE45F28b3C1967e22799C",
    "0xf1D7CC64Fb4452F05c498126312eBE29f30Fbcf9",
)
"""Uniswap's own factories on mainnet, Base, Polygon and Arbitrum. Source: docs.uniswap.org, V2 deployments; compared
with public repositories (2026-11-27).
"""
_CODE_HASH = bytes.fromhex("96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f")
"""Hash of the code that creates a pair (`UniswapV2Library.pairFor` of v2-periphery)."""


def pairs_of(token: str, other: str) -> set[str]:
    """Return the addresses at which one of the factories puts the pair of these tokens, in lower case."""
    first, second = sorted(bytes.fromhex(each[2:]) for each in (token, other))
    salt = keccak(first + second)
    return {_created(bytes.fromhex(factory[2:]), salt) for factory in FACTORIES}


def _created(factory: bytes, salt: bytes) -> str:
    return "0x" + keccak(b"\xff" + factory + salt + _CODE_HASH)[-20:].hex()

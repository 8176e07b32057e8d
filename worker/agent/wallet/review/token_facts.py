"""What the chain says about the tokens and accounts of a request's rights, to which amounts can be compared."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from eth_hash.auto import keccak

from worker.agent.wallet.review.call_nodes import Right
from worker.agent.wallet.review.token_symbols import imitated, readable_symbol
from worker.ethereum.addresses import ZERO_ADDRESS
from worker.ethereum.chains import Chain
from worker.ethereum.tokens import Token, read_token
from worker.tool_outcomes import ToolRefused

MOST_TOKENS = 8
MOST_ACCOUNTS = 8
_ERC721 = bytes.fromhex("80ac58cd").ljust(32, b"\0")
_NO_INTERFACE = b"\xff" * 4 + bytes(28)
"""Arguments of `supportsInterface`: the id of EIP-721, and the one that EIP-165 requires a contract to deny.

A contract that answers yes to everything is not a collection. A contract with decimals is not one either, because its
allowance is an amount; some collections say that they have none (`decimals()` is 0).
"""
DELEGATION = "0xef0100"


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a token's contract says. Values that it does not return are None."""

    token: Token
    """The contract's address, symbol and decimals."""
    supply: int | None = None
    """The total supply in base units."""
    balance: int | None = None
    """The owner's balance in base units."""
    is_nft: bool = False
    """True if the contract declares EIP-721, and names no decimals or zero."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the chain says about a request's rights."""

    tokens: dict[tuple[str, str], TokenFacts] = field(default_factory=dict[tuple[str, str], TokenFacts])
    """The tokens by contract and owner, in lower case."""
    accounts: frozenset[str] = frozenset()
    """The addresses without a contract's code, in lower case. An account that delegates (EIP-7702) is one, too."""
    codeless: frozenset[str] = frozenset()
    """The addresses that have no code at all, in lower case."""
    coin: str = ""
    """The chain's own currency; empty if it is not known."""
    chain_id: int = 0
    """The chain's id; 0 if it is not known."""

    def symbol_of(self, token: str, symbol: str | None) -> str | None:
        """Return the symbol that may stand beside an amount of the token, or None."""
        is_false = imitated(symbol, token, self.chain_id, self.coin) is not None
        return None if is_false else readable_symbol(symbol, self.coin)

    def of(self, right: Right, sender: str | None) -> TokenFacts | None:
        return self.tokens.get(_key(right, sender)) if right.token else None


async def read_facts(
    chain: Chain, rights: Sequence[Right], sender: str | None, others: Iterable[str] = ()
) -> Facts:
    """`others`: further addresses that must be checked for code."""
    keys = list(dict.fromkeys(_key(each, sender) for each in rights if each.token))[:MOST_TOKENS]
    spenders = dict.fromkeys(each.spender.lower() for each in rights if each.spender)
    called = dict.fromkeys(each.lower() for each in others)
    accounts = list(dict.fromkeys([*list(called)[:MOST_ACCOUNTS], *list(spenders)[:MOST_ACCOUNTS]]))
    tokens, codes = await asyncio.gather(
        asyncio.gather(*(_token_facts(chain, *key) for key in keys)),
        asyncio.gather(*(code_of(chain, account) for account in accounts)),
    )
    known = {key: found for key, found in zip(keys, tokens, strict=True) if found}
    codeless = frozenset(a for a, code in zip(accounts, codes, strict=True) if code == "0x")
    delegating = frozenset(a for a, code in zip(accounts, codes, strict=True) if code.startswith(DELEGATION))
    return Facts(known, codeless | delegating, codeless, chain.currency, chain.expected.chain_id)


def _key(right: Right, sender: str | None) -> tuple[str, str]:
    return (right.token or "").lower(), (right.owner or sender or "").lower()


async def _token_facts(chain: Chain, token: str, owner: str) -> TokenFacts | None:
    try:
        described, supply, balance, nft, anything = await asyncio.gather(
            read_token(chain, token),
            ask_number(chain, token, "totalSupply()"),
            ask_number(chain, token, "balanceOf(address)", address_word(owner)) if owner else _nothing(),
            ask_number(chain, token, "supportsInterface(bytes4)", _ERC721),
            ask_number(chain, token, "supportsInterface(bytes4)", _NO_INTERFACE),
        )
    except ToolRefused:
        return None
    is_nft = nft == 1 and anything == 0 and not described.decimals
    return TokenFacts(described, supply, balance, is_nft=is_nft)


async def _nothing() -> None:
    return None


async def ask_number(
    chain: Chain, contract: str, signature: str, arguments: bytes = b"", at: str = "latest"
) -> int | None:
    """Return None if the contract returns anything but one word, or if the node cannot be asked. `at`: the block."""
    try:
        answer = await chain.data("eth_call", {"to": contract, "input": call_data(signature, arguments)}, at)
    except ToolRefused:
        return None
    return int(answer, 16) if len(answer) == 66 else None


def call_data(signature: str, arguments: bytes = b"") -> str:
    return "0x" + (keccak(signature.encode())[:4] + arguments).hex()


def address_word(address: str) -> bytes:
    return bytes(12) + bytes.fromhex((address or ZERO_ADDRESS)[2:])


async def code_of(chain: Chain, account: str, at: str = "latest") -> str:
    """Return the code as 0x hex, or nothing if it is unknown. Unknown code counts as a contract. `at`: the block."""
    try:
        return str(await chain.data("eth_getCode", account, at))
    except ToolRefused:
        return ""

"""What a token contract says about itself. Its texts are untrusted: they are cut, and control characters are
removed.
"""

from __future__ import annotations

from dataclasses import dataclass

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from worker.concurrent_calls import both
from worker.ethereum.amounts import format_units
from worker.ethereum.chains import Chain
from worker.ethereum.reading_results import TokenBalance
from worker.ethereum.rpc import NodeRefused
from worker.ethereum.transactions import would_fail
from worker.tool_outcomes import ToolRefused
from worker.untrusted_text import from_outside

LONGEST_SYMBOL = 32
MOST_DECIMALS = 77


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its contract describes it."""

    address: str
    """The contract's address."""
    symbol: str | None
    """The symbol that the contract states; None if it states none."""
    decimals: int | None
    """The number of decimals that the contract states; None if it states none."""

    def format(self, amount: int) -> str | None:
        return None if self.decimals is None else format_units(amount, self.decimals)


async def read_token(chain: Chain, address: str) -> Token:
    symbol, decimals = await both(_ask(chain, address, "symbol()"), _ask(chain, address, "decimals()"))
    places = int.from_bytes(decimals) if len(decimals) == 32 else MOST_DECIMALS + 1
    return Token(address, _text(symbol), places if places <= MOST_DECIMALS else None)


async def token_balance(chain: Chain, token: str, who: str) -> TokenBalance:
    contract, holder = await chain.account(token), await chain.account(who)
    argument = bytes(12) + bytes.fromhex(holder.address[2:])
    answer = await _ask(chain, contract.address, "balanceOf(address)", argument)
    if len(answer) != 32:
        raise ToolRefused(
            f"{contract.address} does not answer balanceOf on {chain.name}: it is no ERC-20 token there. "
            "Check the address and the network."
        )
    described = await read_token(chain, contract.address)
    amount = int.from_bytes(answer)
    return TokenBalance(
        network=chain.name,
        token=contract.address,
        symbol=described.symbol,
        decimals=described.decimals,
        account=holder.name,
        address=holder.address,
        balance=str(amount),
        formatted=described.format(amount),
    )


async def _ask(chain: Chain, address: str, signature: str, arguments: bytes = b"") -> bytes:
    """Return an empty value if the contract does not answer. Raises `ToolRefused` if the node cannot say."""
    data = "0x" + (keccak(signature.encode())[:4] + arguments).hex()
    try:
        answer = await chain.data("eth_call", {"to": address, "input": data}, "latest")
    except NodeRefused as error:
        if not would_fail(error):
            raise
        return b""
    return bytes.fromhex(answer[2:])


def _text(answer: bytes) -> str | None:
    """Decode a string, or bytes32 as some old tokens return it."""
    try:
        text = answer.rstrip(b"\0").decode() if len(answer) == 32 else decode(["string"], answer)[0]
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return None
    return from_outside(text, LONGEST_SYMBOL) or None

"""The results of the evm tools that read. Amounts are decimal strings: exact base units, next to human units."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from forge.models.session import NetworkInfo


class Balance(BaseModel):
    """The balance of an account in the network's native currency."""

    network: str
    """The network's name."""
    account: str | None
    """The name of the test account; null for any other address."""
    address: str
    """The account's address, with its checksum."""
    wei: str
    """The exact balance in wei, decimal."""
    ether: str
    """The same balance in whole units of `currency`, decimal."""
    currency: str
    """The symbol of the network's native currency."""
    block: str
    """The block of the balance, as the caller named it: a tag, a number or a hash."""


class TokenBalance(BaseModel):
    """The balance of an account in an ERC-20 token. `symbol` is the contract's own word: untrusted."""

    network: str
    """The network's name."""
    token: str
    """The token contract's address, with its checksum."""
    symbol: str | None
    """The symbol that the contract states; null if it states none."""
    decimals: int | None
    """The number of decimals that the contract states; null if it states none."""
    account: str | None
    """The name of the test account; null for any other address."""
    address: str
    """The account's address, with its checksum."""
    balance: str
    """The exact balance in the token's base units, decimal."""
    formatted: str | None
    """The balance in whole tokens; null for a token without decimals."""


class CodeSize(BaseModel):
    """The size of the code at an address. `delegates_to`: the account runs that contract's code (EIP-7702)."""

    network: str
    """The network's name."""
    account: str | None
    """The name of the test account; null for any other address."""
    address: str
    """The address, with its checksum."""
    size_bytes: int
    """The size of the code in bytes; 0 if there is none."""
    is_contract: bool
    """True if there is code other than a delegation."""
    delegates_to: str | None = None
    """The contract whose code the account runs by delegation; null if it does not delegate."""


class Code(CodeSize):
    code: str
    """The byte code as 0x hex; `0x` if there is none."""


class Argument(BaseModel):
    """One value of a call. Integers are strings, bytes are 0x hex, arrays and tuples are lists."""

    name: str | None
    """The parameter's name; null if the signature has none."""
    type: str
    """The ABI type in its canonical form, such as `uint256` or `(address,uint24)[]`."""
    value: Any
    """The value, in the form that the class describes."""


class EncodedCall(BaseModel):
    signature: str
    """The function's canonical signature, such as `transfer(address,uint256)`."""
    selector: str
    """The first four bytes of the call data, as 0x hex."""
    data: str
    """The whole call data, as 0x hex."""
    arguments: list[Argument]
    """The arguments as they were understood, with names resolved to addresses."""


class DecodedCall(BaseModel):
    """`function` is null when the selector is unknown; then `words` are the raw 32-byte words.

    `is_whole`: the data is these arguments as they are usually encoded, and nothing beside them.
    """

    selector: str
    """The first four bytes of the call data, as 0x hex."""
    signature: str | None = None
    """The function's canonical signature; null when the selector is unknown."""
    function: str | None = None
    """The function's name; null when the selector is unknown."""
    arguments: list[Argument] = []
    """The decoded arguments; empty when the selector is unknown."""
    words: list[str] = []
    """The 32-byte words after the selector as 0x hex; only when the selector is unknown."""
    is_whole: bool = True
    """False if encoding `arguments` again does not give the same data."""


class CallAnswer(BaseModel):
    """What a contract returned. `as_integer` when the answer is one word; `decoded` when `returns` was given."""

    network: str
    """The network's name."""
    to: str
    """The called contract's address; empty if the call would create a contract."""
    data: str
    """The returned data as 0x hex."""
    as_integer: str | None = None
    """The data as an unsigned decimal integer; null unless it is exactly one 32-byte word."""
    decoded: list[Argument] | None = None
    """The returned values; null if the caller named no types."""


class NetworkStatus(NetworkInfo):
    """A network and whether its node can be used now."""

    reachable: bool
    """True if the network's node answers."""
    problem: str | None = None
    """The reason for which the node cannot be used now, in words; null if it can."""
    accounts: dict[str, str] = Field(default_factory=dict[str, str])
    """The addresses of the test accounts, by name; empty on a network without test accounts."""


class Networks(BaseModel):
    networks: list[NetworkStatus]
    """The configured networks, whether or not their nodes answer."""


class CurrentTime(BaseModel):
    """`utc` in RFC 3339, `unix` in seconds."""

    utc: str
    """The time in UTC, RFC 3339, to the second."""
    unix: int
    """The time in seconds since 1970 (Unix time)."""

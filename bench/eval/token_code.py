"""A small ERC-20 as EVM byte code, assembled here because there is no compiler: balances, allowances, a symbol."""

from __future__ import annotations

from eth_hash.auto import keccak

TOPIC = "0x" + keccak(b"Transfer(address,address,uint256)").hex()
_CODES = {
    "ADD": "01",
    "SUB": "03",
    "LT": "10",
    "EQ": "14",
    "SHR": "1c",
    "KECCAK": "20",
    "CALLER": "33",
    "CALLDATALOAD": "35",
    "CODECOPY": "39",
    "MLOAD": "51",
    "MSTORE": "52",
    "SLOAD": "54",
    "SSTORE": "55",
    "JUMP": "56",
    "JUMPI": "57",
    "DUP1": "80",
    "DUP2": "81",
    "DUP3": "82",
    "SWAP1": "90",
    "LOG3": "a3",
    "RETURN": "f3",
    "REVERT": "fd",
}
_PAIR = "0x40 0x00 KECCAK"
"""Compute the storage key of two words at the beginning of memory."""

_BODIES = f"""
balanceOf(address): 0x04 CALLDATALOAD SLOAD @word JUMP
allowance(address,address): 0x04 CALLDATALOAD 0x00 MSTORE 0x24 CALLDATALOAD 0x20 MSTORE {_PAIR} SLOAD @word JUMP
approve(address,uint256): CALLER 0x00 MSTORE 0x04 CALLDATALOAD 0x20 MSTORE 0x24 CALLDATALOAD {_PAIR} SSTORE @yes JUMP
transfer(address,uint256): CALLER 0x80 MSTORE 0x04 CALLDATALOAD 0xa0 MSTORE 0x24 CALLDATALOAD 0xc0 MSTORE @move JUMP
transferFrom(address,address,uint256): 0x04 CALLDATALOAD DUP1 0x80 MSTORE 0x00 MSTORE CALLER 0x20 MSTORE \
0x24 CALLDATALOAD 0xa0 MSTORE 0x44 CALLDATALOAD 0xc0 MSTORE {_PAIR} DUP1 SLOAD 0xc0 MLOAD DUP1 DUP3 LT @fail JUMPI \
SWAP1 SUB SWAP1 SSTORE @move JUMP
decimals(): 0x00 @word JUMP
"""
_SHARED = f"""
move: 0xc0 MLOAD 0x80 MLOAD SLOAD DUP2 DUP2 LT @fail JUMPI SUB 0x80 MLOAD SSTORE 0xa0 MLOAD SLOAD 0xc0 MLOAD ADD \
0xa0 MLOAD SSTORE 0xa0 MLOAD 0x80 MLOAD {TOPIC} 0x20 0xc0 LOG3 @yes JUMP
yes: 0x01 @word JUMP
word: 0x00 MSTORE 0x20 0x00 RETURN
fail: 0x00 0x00 REVERT
"""


def creation_code(supply: int, symbol: str) -> str:
    """Return code that creates a token of 0 decimals, all of which belongs to the creator. `symbol`: at most 32
    bytes.
    """
    runtime = _assembled(_source(symbol))
    size = f"0x{len(runtime):04x}"
    head = f"0x{supply:064x} CALLER SSTORE {size} 0x{{offset:04x}} 0x00 CODECOPY {size} 0x00 RETURN"
    length = len(_assembled(head.format(offset=0)))
    return "0x" + (_assembled(head.format(offset=length)) + runtime).hex()


def _source(symbol: str) -> str:
    text = symbol.encode()
    word = f"0x{text.ljust(32, bytes(1)).hex()}"
    spoken = f"0x20 0x00 MSTORE 0x{len(text):02x} 0x20 MSTORE {word} 0x40 MSTORE 0x60 0x00 RETURN"
    bodies = [*_BODIES.strip().splitlines(), f"symbol(): {spoken}"]
    heads = [
        f"DUP1 0x{keccak(signature.encode())[:4].hex()} EQ @{signature} JUMPI"
        for signature in (body.partition(": ")[0] for body in bodies)
    ]
    return "\n".join(["0x00 CALLDATALOAD 0xe0 SHR", *heads, "@fail JUMP", *bodies, _SHARED.strip()])


def _assembled(source: str) -> bytes:
    """Words: an operation, `0x…` to push a value, `@label` to push its position, `label:` for a jump destination."""
    places: dict[str, int] = {}
    code = b""
    for _ in range(2):
        code = b""
        for word in source.split():
            if word.endswith(":"):
                places[word[:-1]] = len(code)
            code += _bytes(word, places)
    return code


def _bytes(word: str, places: dict[str, int]) -> bytes:
    if word.endswith(":"):
        return b"\x5b"
    if word.startswith("@"):
        return b"\x61" + places.get(word[1:], 0).to_bytes(2)
    if word.startswith("0x"):
        value = bytes.fromhex(word[2:])
        return bytes([0x5F + len(value)]) + value
    return bytes.fromhex(_CODES[word])

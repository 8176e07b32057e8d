"""Small contracts as EVM byte code, assembled by hand: there is no compiler here."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_hash.auto import keccak

TRANSFER_TOPIC = keccak(b"Transfer(address,address,uint256)")
RETURN, REVERT, STOP = b"\xf3", b"\xfd", b"\x00"


def push(value: int, size: int) -> bytes:
    return bytes([0x5F + size]) + value.to_bytes(size)


def words(data: bytes, ending: bytes) -> bytes:
    """Put `data` into memory and return it or revert with it."""
    padded = data.ljust(-(-len(data) // 32) * 32, b"\0")
    code = b""
    for offset in range(0, len(padded), 32):
        code += push(int.from_bytes(padded[offset : offset + 32]), 32) + push(offset, 2) + b"\x52"
    return code + push(len(data), 2) + push(0, 1) + ending


def selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


def dispatch(bodies: dict[str, bytes]) -> bytes:
    """Runs the body of the function that is called; anything else reverts without a reason."""
    code = b""
    for signature, body in bodies.items():
        head = push(0, 1) + b"\x35" + push(0xE0, 1) + b"\x1c"  # CALLDATALOAD(0) >> 224
        head += push(int.from_bytes(selector(signature)), 4) + b"\x14\x15"  # EQ ISZERO
        after = len(code) + len(head) + 4 + len(body)
        code += head + push(after, 2) + b"\x57" + body + b"\x5b"  # JUMPI … JUMPDEST
    return code + push(0, 1) + push(0, 1) + REVERT


def creation(runtime: bytes) -> str:
    """Creation code that leaves `runtime` as the contract."""
    size = push(len(runtime), 2)
    head_size = 15
    head = size + push(head_size, 2) + push(0, 1) + b"\x39" + size + push(0, 1) + RETURN  # CODECOPY
    return "0x" + (head + runtime).hex()


def reverting(data: bytes) -> str:
    return creation(words(data, REVERT))


def error_data(signature: str, *arguments: object) -> bytes:
    types = signature[signature.index("(") + 1 : -1]
    return selector(signature) + encode(types.split(",") if types else [], arguments)


def token(symbol: str, decimals: int, balance: int) -> str:
    """Everyone holds `balance`; `transfer` only logs, and reverts for more than the balance."""
    emit = push(0x24, 1) + b"\x35" + push(0, 1) + b"\x52"  # amount into memory
    emit += push(4, 1) + b"\x35\x33" + push(int.from_bytes(TRANSFER_TOPIC), 32)  # to, caller, topic
    emit += push(0x20, 1) + push(0, 1) + b"\xa3"  # LOG3
    return creation(
        dispatch(
            {
                "balanceOf(address)": words(encode(["uint256"], [balance]), RETURN),
                "decimals()": words(encode(["uint8"], [decimals]), RETURN),
                "symbol()": words(encode(["string"], [symbol]), RETURN),
                "transfer(address,uint256)": emit + words(encode(["bool"], [True]), RETURN),
            }
        )
    )

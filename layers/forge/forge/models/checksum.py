"""EIP-55: the capital and small letters of an address are a checksum, which reveals a mistyped digit.

Keccak-256 is not in Python's standard library (its SHA-3 pads differently), and every function would have to load a
package for it. Addresses are short, so one block of Keccak-f[1600] in plain Python, as its authors describe it, is
enough.
"""

from __future__ import annotations

_RATE = 136
_MASK = (1 << 64) - 1
_ROUNDS = 24
Lanes = list[list[int]]


def has_right_checksum(address: str) -> bool:
    """`address`: 0x and 40 hex digits. An address in small or capital letters only has no checksum."""
    digits = address[2:]
    return digits in (digits.lower(), digits.upper()) or address == with_checksum(address)


def with_checksum(address: str) -> str:
    digits = address[2:].lower()
    nibbles = keccak_256(digits.encode()).hex()
    return "0x" + "".join(d.upper() if int(n, 16) > 7 else d for d, n in zip(digits, nibbles, strict=False))


def keccak_256(data: bytes) -> bytes:
    """Hash less than one block, at most 135 bytes."""
    block = bytearray(data.ljust(_RATE, b"\0"))
    block[len(data)] ^= 0x01
    block[-1] ^= 0x80
    lanes: Lanes = [[0] * 5 for _ in range(5)]
    for i in range(_RATE // 8):
        lanes[i % 5][i // 5] = int.from_bytes(block[8 * i : 8 * i + 8], "little")
    lanes = _permuted(lanes)
    return b"".join(lanes[i][0].to_bytes(8, "little") for i in range(4))


def _permuted(lanes: Lanes) -> Lanes:
    register = 1
    for _ in range(_ROUNDS):
        lanes = _chi(_rho_pi(_theta(lanes)))
        for bit in range(7):  # iota: the round's constant comes from a shift register
            register = ((register << 1) ^ ((register >> 7) * 0x71)) % 256
            if register & 2:
                lanes[0][0] ^= 1 << ((1 << bit) - 1)
    return lanes


def _theta(lanes: Lanes) -> Lanes:
    parity = [column[0] ^ column[1] ^ column[2] ^ column[3] ^ column[4] for column in lanes]
    mixed = [parity[(x + 4) % 5] ^ _rotated(parity[(x + 1) % 5], 1) for x in range(5)]
    return [[lane ^ mixed[x] for lane in lanes[x]] for x in range(5)]


def _rho_pi(lanes: Lanes) -> Lanes:
    x, y, moved = 1, 0, lanes[1][0]
    for t in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        moved, lanes[x][y] = lanes[x][y], _rotated(moved, (t + 1) * (t + 2) // 2)
    return lanes


def _chi(lanes: Lanes) -> Lanes:
    return [
        [lanes[x][y] ^ (~lanes[(x + 1) % 5][y] & lanes[(x + 2) % 5][y]) for y in range(5)] for x in range(5)
    ]


def _rotated(lane: int, by: int) -> int:
    by %= 64
    return ((lane << by) | (lane >> (64 - by))) & _MASK

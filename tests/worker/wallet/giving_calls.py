"""Calls that give everything away, as data: unlimited in every form and nesting. They need no contract on the chain.

`CALLS` lists what a card must warn of; `kind` is the right that is given, `depth` how deeply it is nested.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode

from forge.models.wallet_review import AllowanceKind
from worker.ethereum.function_signatures import parse_signature

TOKEN = "0x00000000000000000000000000000000000000c0"
THIEF = "0x00000000000000000000000000000000000000ee"
OWNER = "0x00000000000000000000000000000000000000a1"
WRAPPER = "0x00000000000000000000000000000000000000b2"
ROUTER = "0x3fC91A3afd70395Cd496C647d5a6CC9D4B2b7FAD"
MOST = 2**256 - 1
LATER = 2**48 - 1
UNKNOWN = b"\x12\x34\x56\x78"
SIGNED = (27, bytes(32), bytes(32))


@dataclass(frozen=True, slots=True)
class GivingCall:
    """`unlimited` is false where one token is given away by its number."""

    name: str
    to: str
    data: bytes
    kind: AllowanceKind
    depth: int = 0
    unlimited: bool = True


def called(signature: str, *arguments: Any) -> bytes:
    function = parse_signature(signature)
    return function.selector() + encode([kind.canonical() for kind in function.inputs], arguments)


def approve(amount: int = MOST) -> bytes:
    return called("approve(address,uint256)", THIEF, amount)


def dirty(data: bytes, word: int = 0, byte: int = 0xFF) -> bytes:
    """The upper bytes of an address word, which a lenient contract does not look at."""
    begin = 4 + 32 * word
    return data[:begin] + bytes([byte]) * 12 + data[begin + 12 :]


def backwards(calls: list[bytes]) -> bytes:
    """A `multicall` whose array lies behind other bytes, so that its offset is none that programs write."""
    body = encode(["bytes[]"], [calls])[32:]
    return called("multicall(bytes[])", [])[:4] + (96).to_bytes(32) + bytes(64) + body


_PERMIT = "(address,uint160,uint48,uint48)"
_SAFE = "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
_OPS = "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)"
_MULTICALL = "multicall(bytes[])"
_EXECUTE = "execute(address,uint256,bytes)"
_AND_CALL = "transferAndCall(address,uint256,bytes)"


def packed(operation: int, to: str, data: bytes) -> bytes:
    return bytes([operation]) + bytes.fromhex(to[2:]) + bytes(32) + len(data).to_bytes(32) + data


def safe(to: str, data: bytes, operation: int = 0) -> bytes:
    return called(_SAFE, to, 0, data, operation, 0, 0, 0, TOKEN, TOKEN, b"\1" * 65)


def multisend(*calls: bytes) -> bytes:
    return called("multiSend(bytes)", b"".join(calls))


def nested(depth: int, data: bytes) -> bytes:
    for _ in range(depth):
        data = called(_MULTICALL, [data])
    return data


def router(commands: bytes, inputs: list[bytes]) -> bytes:
    return called("execute(bytes,bytes[],uint256)", commands, inputs, LATER)


PERMIT_SINGLE = encode(
    [f"({_PERMIT},address,uint256)", "bytes"], [((TOKEN, 2**160 - 1, LATER, 0), THIEF, LATER), b"\1" * 65]
)

WRAPPERS: dict[str, Callable[[str, bytes], bytes]] = {
    "multicall": lambda to, data: called(_MULTICALL, [data]),
    "multicall with a deadline": lambda to, data: called("multicall(uint256,bytes[])", LATER, [data]),
    "batch": lambda to, data: called("batch(bytes[],bool)", [data], True),
    "aggregate": lambda to, data: called("aggregate((address,bytes)[])", [(to, data)]),
    "tryAggregate": lambda to, data: called("tryAggregate(bool,(address,bytes)[])", False, [(to, data)]),
    "aggregate3": lambda to, data: called("aggregate3((address,bool,bytes)[])", [(to, True, data)]),
    "aggregate3Value": lambda to, data: called(
        "aggregate3Value((address,bool,uint256,bytes)[])", [(to, True, 0, data)]
    ),
    "execute": lambda to, data: called(_EXECUTE, to, 0, data),
    "DSProxy execute": lambda to, data: called("execute(address,bytes)", to, data),
    "executeBatch": lambda to, data: called("executeBatch(address[],uint256[],bytes[])", [to], [0], [data]),
    "executeBatch of tuples": lambda to, data: called(
        "executeBatch((address,uint256,bytes)[])", [(to, 0, data)]
    ),
    "ERC-7579 single": lambda to, data: called(
        "execute(bytes32,bytes)", bytes(32), bytes.fromhex(to[2:]) + bytes(32) + data
    ),
    "ERC-7579 batch": lambda to, data: called(
        "execute(bytes32,bytes)",
        b"\1".ljust(32, b"\0"),
        encode(["(address,uint256,bytes)[]"], [[(to, 0, data)]]),
    ),
    "Safe": safe,
    "Safe with multiSend": lambda to, data: safe(WRAPPER, multisend(packed(0, to, data)), 1),
    "userOp": lambda to, data: called(
        _OPS,
        [(WRAPPER, 0, b"", called(_EXECUTE, to, 0, data), bytes(32), 0, bytes(32), b"", b"")],
        OWNER,
    ),
    "schedule": lambda to, data: called(
        "schedule(address,uint256,bytes,bytes32,bytes32,uint256)", to, 0, data, bytes(32), bytes(32), 0
    ),
    "propose": lambda to, data: called("propose(address[],uint256[],bytes[],string)", [to], [0], [data], "x"),
    "upgradeToAndCall": lambda to, data: called("upgradeToAndCall(address,bytes)", to, data),
    "router sub-plan": lambda to, data: router(b"\x21", [encode(["bytes", "bytes[]"], [b"\x12", [data]])]),
}
"""How a call is carried in another: (whom, with which data) → the outer call's data."""

GIVING: dict[str, tuple[bytes, AllowanceKind]] = {
    "approve of everything": (approve(), "erc20"),
    "approve of 2^255-1": (approve(2**255 - 1), "erc20"),
    "approve of 2^160-1": (approve(2**160 - 1), "erc20"),
    "approve of 2^128-1": (approve(2**128 - 1), "erc20"),
    "approve of 2^96-1": (approve(2**96 - 1), "erc20"),
    "increaseAllowance": (called("increaseAllowance(address,uint256)", THIEF, MOST), "erc20"),
    "increaseApproval": (called("increaseApproval(address,uint256)", THIEF, 2**254), "erc20"),
    "approveAndCall": (called("approveAndCall(address,uint256,bytes)", THIEF, MOST, b""), "erc20"),
    "setApprovalForAll": (called("setApprovalForAll(address,bool)", THIEF, True), "operator"),
    "authorizeOperator": (called("authorizeOperator(address)", THIEF), "operator"),
    "setOperator": (called("setOperator(address,bool)", THIEF, True), "operator"),
    "setAuthorization": (called("setAuthorization(address,bool)", THIEF, True), "operator"),
    "allow": (called("allow(address,bool)", THIEF, True), "operator"),
    "permit": (
        called(
            "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", OWNER, THIEF, MOST, LATER, *SIGNED
        ),
        "permit",
    ),
    "DAI's permit": (
        called(
            "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)",
            OWNER, THIEF, 0, LATER, True, *SIGNED,
        ),
        "permit",
    ),
    "Permit2 approve": (
        called("approve(address,address,uint160,uint48)", TOKEN, THIEF, 2**160 - 1, LATER), "permit2",
    ),
    "Permit2 permit": (
        called(
            f"permit(address,({_PERMIT},address,uint256),bytes)",
            OWNER, ((TOKEN, 2**160 - 1, LATER, 0), THIEF, LATER), b"\1" * 65,
        ),
        "permit2",
    ),
    "Permit2 permit batch": (
        called(
            f"permit(address,({_PERMIT}[],address,uint256),bytes)",
            OWNER, ([(TOKEN, 5, LATER, 0), (TOKEN, 2**160 - 1, LATER, 0)], THIEF, LATER), b"\1" * 65,
        ),
        "permit2",
    ),
    "transferOwnership": (called("transferOwnership(address)", THIEF), "control"),
    "grantRole": (called("grantRole(bytes32,address)", bytes(32), THIEF), "control"),
    "upgradeTo": (called("upgradeTo(address)", THIEF), "control"),
    "changeAdmin": (called("changeAdmin(address)", THIEF), "control"),
    "setOwner": (called("setOwner(address)", THIEF), "control"),
    "enableModule": (called("enableModule(address)", THIEF), "control"),
    "addOwnerWithThreshold": (called("addOwnerWithThreshold(address,uint256)", THIEF, 1), "control"),
}  # fmt: skip
"""What gives everything away by itself: the call, and the right that it gives."""

_PLAIN = [GivingCall(name, TOKEN, data, kind) for name, (data, kind) in GIVING.items()]
_WRAPPED = [
    GivingCall(f"approve in {name}", WRAPPER, wrap(TOKEN, approve()), "erc20", depth=1)
    for name, wrap in WRAPPERS.items()
]
_DEEP = [
    GivingCall(f"approve in {depth} multicalls", TOKEN, nested(depth, approve()), "erc20", depth=depth)
    for depth in (2, 5, 20)
]
_ODD = [
    GivingCall("dirty address", TOKEN, dirty(approve()), "erc20"),
    GivingCall("dirty bool", TOKEN,
               GIVING["setApprovalForAll"][0][:36] + (2**255).to_bytes(32), "operator"),
    GivingCall("with bytes behind", TOKEN, approve() + b"\xde\xad\xbe\xef", "erc20"),
    GivingCall("array in an unusual place", TOKEN, backwards([approve()]), "erc20", depth=1),
    GivingCall("a limited approve before it", TOKEN, called(_MULTICALL, [approve(1), approve()]), "erc20", depth=1),
    GivingCall("router command", ROUTER, router(b"\x0a", [PERMIT_SINGLE]), "permit2", depth=1),
    GivingCall("router command that may fail", ROUTER, router(b"\x8a", [PERMIT_SINGLE]), "permit2", depth=1),
    GivingCall("unknown function", WRAPPER, UNKNOWN + encode(["bytes"], [approve()]), "erc20", depth=1),
    GivingCall("unknown function, packed", WRAPPER, UNKNOWN + b"\7" * 5 + approve(), "erc20", depth=1),
    GivingCall("unread bytes, behind one that gives nothing", TOKEN,
               called(_AND_CALL, WRAPPER, 1, approve(0) + approve()), "erc20", depth=1),
    GivingCall("unread bytes, behind many", TOKEN,
               called(_AND_CALL, WRAPPER, 1, b"".join(map(approve, range(9))) + approve()), "erc20", depth=1),
    GivingCall("deeper than is read", TOKEN, nested(60, approve()), "erc20", depth=60),
]  # fmt: skip

CALLS: tuple[GivingCall, ...] = (*_PLAIN, *_WRAPPED, *_DEEP, *_ODD)

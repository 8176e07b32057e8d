"""A call that a smart account makes within another transaction, such as a Safe, a user operation, or an EIP-7702
account.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence

from eth_hash.auto import keccak

from forge.models.approval import Approval
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.decode_calls import MOST_BYTES, decode_calls
from worker.ethereum.node import Log, Receipt, Transaction

_SUCCESS_WORD = 1
"""Index of the word in `UserOperationEvent`'s data that says whether the operation succeeded."""
USER_OPERATION = (
    "0x" + keccak(b"UserOperationEvent(bytes32,address,address,uint256,bool,uint256,uint256)").hex()
)
ENTRY_POINTS: Mapping[str, str] = {
    "0x5ff137d4b0fdcd49dca30c7cf57e578a026d2789": "0.6",
    "0x0000000071727de22e5e9d8baf0edac6f37da032": "0.7",
    "0x4337084d9e255ff0702461cf8895ce9e3b5ff108": "0.8",
    "0x433709009b8330fda32311df1c2afa402ed8d009": "0.9",
}
"""The entry points of ERC-4337 by address, and their versions. The address is the same on all chains, because the code
decides it (CREATE2). Source: deployments in the public repositories of wallets and bundlers, 2026-11-28.
"""
SAFE_SUCCESS = "0x" + keccak(b"ExecutionSuccess(bytes32,uint256)").hex()
SAFE_FAILURE = "0x" + keccak(b"ExecutionFailure(bytes32,uint256)").hex()
_STRICT = frozenset(
    {
        "aggregate",
        "exec",
        "execute",
        "executeBatch",
        "executeBatchCall",
        "executeBatch_y6U",
        "executeBySelf",
        "executeBySender",
        "executeCall",
        "executeUserOp",
        "execute_ncC",
        "multicall",
    }
)
"""Functions that fail if a call within them fails: those of ERC-4337, ERC-7579 and EIP-7702 accounts, and batches."""


async def carrier_of(approval: Approval, found: Transaction) -> list[Node] | None:
    """Return the calls that lead to the requested call; None if it is not among them, or does not come from the
    account.
    """
    data = bytes.fromhex((found.input or "0x")[2:])
    if found.to is None or not data or len(data) > MOST_BYTES:
        return None
    reading = await asyncio.to_thread(decode_calls, [(found.to, found.value or 0, data)])
    wanted = approval.transaction
    for path in _paths(reading.calls, []):
        node = path[-1]
        is_it = (node.to.lower(), str(node.value), node.data.hex()) == (
            wanted.to.lower(),
            wanted.value,
            wanted.data[2:].lower(),
        )
        if is_it and len(path) > 1 and not node.delegated and _is_of_payer(approval, node):
            return path[:-1]
    return None


def _is_of_payer(approval: Approval, node: Node) -> bool:
    """Only the payer's own account is trusted to make the call, because anybody may write a contract whose
    `execute` does nothing.
    """
    payer = approval.payer
    return payer is not None and (node.caller or "").lower() == payer.lower()


def _paths(nodes: list[Node], above: list[Node]) -> Iterator[list[Node]]:
    for node in nodes:
        yield [*above, node]
        yield from _paths(node.inner, [*above, node])


def carried_success(carrier: Sequence[Node], receipt: Receipt) -> bool | None:
    """Return whether the inner call succeeded, if the logs or the outer functions show it; None if they do not.

    The functions are asked from the inside: what one of them logs stays only if those around it succeed. A success that
    is logged further out counts only if each function within fails with its call.
    """
    if receipt.succeeded is not True:
        return receipt.succeeded
    is_known = True
    for node in reversed(carrier):
        tells = _TELLS.get(_name(node), _strict_told)
        told = tells(node, carrier, receipt.logs or [])
        if told is False or (told and is_known and tells is not _strict_told):
            return told
        is_known = is_known and told is True
    return True if is_known else None


def _strict_told(node: Node, _: Sequence[Node], __: Sequence[Log]) -> bool | None:
    """In ERC-7579, the second byte of the mode says that failures are ignored."""
    mode = node.values[0] if node.values else None
    goes_on = isinstance(mode, bytes) and len(mode) == 32 and mode[1]
    return True if _name(node) in _STRICT and not goes_on else None


def _operation_told(_: Node, carrier: Sequence[Node], logs: Sequence[Log]) -> bool | None:
    """Anybody can write a contract that logs the success of an operation and does nothing, so only what a known entry
    point logs counts.
    """
    operations = [_operation_success(log) for log in logs if _is_operation(log, carrier)]
    return operations[0] if len(operations) == 1 else None


def _safe_told(node: Node, carrier: Sequence[Node], logs: Sequence[Log]) -> bool | None:
    """Only the account that makes the requested call tells what became of it, and only if it tells of one call."""
    account = carrier[-1].to.lower()
    if node.to.lower() != account:
        return None
    topics = [log.topics[0] for log in logs if log.topics and (log.address or "").lower() == account]
    ends = [topic for topic in topics if topic in (SAFE_SUCCESS, SAFE_FAILURE)]
    return ends[0] == SAFE_SUCCESS if len(ends) == 1 else None


def _is_operation(log: Log, carrier: Sequence[Node]) -> bool:
    topics = log.topics or []
    addresses = {node.to.lower() for node in carrier}
    is_event = len(topics) == 4 and topics[0] == USER_OPERATION
    by_entry_point = (log.address or "").lower() in addresses & ENTRY_POINTS.keys()
    return is_event and by_entry_point and f"0x{(topics[2] or '')[-40:]}" in addresses


def _name(node: Node) -> str:
    return node.meaning.signature.name if node.meaning else ""


def _operation_success(log: Log) -> bool | None:
    data = bytes.fromhex((log.data or "0x")[2:])
    begin = 32 * _SUCCESS_WORD
    return any(data[begin : begin + 32]) if len(data) >= begin + 32 else None


_TELLS: Mapping[str, Callable[[Node, Sequence[Node], Sequence[Log]], bool | None]] = {
    "handleOps": _operation_told,
    "execTransaction": _safe_told,
}
"""Functions whose contracts log what became of the calls within."""

"""A call that a smart account makes within another transaction, such as a Safe, a user operation, or an EIP-7702
account.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

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
SAFE_SUCCESS = "0x" + keccak(b"ExecutionSuccess(bytes32,uint256)").hex()
SAFE_FAILURE = "0x" + keccak(b"ExecutionFailure(bytes32,uint256)").hex()
_TRIES_ON = frozenset(
    {"tryAggregate", "tryBlockAndAggregate", "aggregate3", "aggregate3Value", "tryMulticall", "batch"}
)
"""Functions that succeed even if a call within them fails."""
_STRICT = frozenset(
    {"execute", "executeBatch", "executeCall", "executeBatchCall", "exec", "multicall", "aggregate"}
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
    """Return whether the inner call succeeded, if the logs or the outer functions show it; None if they do not."""
    if receipt.succeeded is not True:
        return receipt.succeeded
    names = [_name(node) for node in carrier]
    account = carrier[-1].to.lower()
    logs = receipt.logs or []
    if "handleOps" in names:
        operations = [_operation_success(log) for log in logs if _is_operation(log, account, carrier)]
        return operations[0] if len(operations) == 1 else None
    if names[-1] == "execTransaction":
        topics = [log.topics[0] for log in logs if log.topics and (log.address or "").lower() == account]
        return (
            True
            if SAFE_SUCCESS in topics and SAFE_FAILURE not in topics
            else False
            if SAFE_FAILURE in topics
            else None
        )
    is_strict = all(name in _STRICT for name in names) and not _TRIES_ON & set(names)
    return True if is_strict and not _may_go_on(carrier) else None


def _may_go_on(carrier: Sequence[Node]) -> bool:
    """In ERC-7579, the second byte of the mode says that failures are ignored."""
    modes = (node.values[0] for node in carrier if node.values and isinstance(node.values[0], bytes))
    return any(len(mode) == 32 and mode[1] for mode in modes)


def _is_operation(log: Log, account: str, carrier: Sequence[Node]) -> bool:
    """Only the entry point says what became of an operation; a contract of another one of them may log the same."""
    topics = log.topics or []
    accounts = {node.to.lower() for node in carrier} | {account}
    entry_points = {node.to.lower() for node in carrier if _name(node) == "handleOps"}
    is_event = (
        len(topics) == 4 and topics[0] == USER_OPERATION and (log.address or "").lower() in entry_points
    )
    return is_event and f"0x{(topics[2] or '')[-40:]}" in accounts


def _name(node: Node) -> str:
    return node.meaning.signature.name if node.meaning else ""


def _operation_success(log: Log) -> bool | None:
    data = bytes.fromhex((log.data or "0x")[2:])
    begin = 32 * _SUCCESS_WORD
    return any(data[begin : begin + 32]) if len(data) >= begin + 32 else None

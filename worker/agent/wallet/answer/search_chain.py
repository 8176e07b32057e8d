"""Finds what an account has sent since a request was made, by its nonces, because a hash may be unknown or may
have been replaced.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

from forge.models.approval import Approval
from worker.ethereum.chains import Chain
from worker.ethereum.node import Transaction
from worker.ethereum.node.fields import items
from worker.tool_outcomes import ToolRefused

MOST_NONCES = 8
MOST_BLOCKS = 40
"""Number of blocks that are read one by one if a node does not return an account's nonce at an older block."""


async def sent_since(chain: Chain, approval: Approval, sender: str) -> AsyncIterator[Transaction]:
    """Yield mined transactions of `sender` after the request's block, by nonce. Raises `ToolRefused`."""
    newest = await chain.quantity("eth_blockNumber")
    first = newest - MOST_BLOCKS if approval.after_block is None else approval.after_block
    count = await _count(chain, sender, "latest")
    begin = approval.after_nonce
    if begin is None or approval.transaction.sender is None:
        begin = await _count_or_none(chain, sender, max(first, 0))
    if begin is None:
        for number in range(newest, max(first, newest - MOST_BLOCKS), -1):
            for found in await _of_sender(chain, number, sender):
                yield found
        return
    for nonce in range(begin, min(count, begin + MOST_NONCES)):
        for found in await _with_nonce(chain, sender, nonce, max(first, 0), newest):
            yield found


async def _with_nonce(chain: Chain, sender: str, nonce: int, low: int, high: int) -> list[Transaction]:
    """Search the first block after which the account has sent more than `nonce` transactions."""
    while low < high:
        middle = (low + high) // 2
        count = await _count_or_none(chain, sender, middle)
        if count is None:
            return await _in_newest(chain, sender, nonce, high)
        low, high = (low, middle) if count > nonce else (middle + 1, high)
    return [each for each in await _of_sender(chain, low, sender) if each.nonce == nonce]


async def _in_newest(chain: Chain, sender: str, nonce: int, newest: int) -> list[Transaction]:
    for number in range(newest, max(0, newest - MOST_BLOCKS), -1):
        found = [each for each in await _of_sender(chain, number, sender) if each.nonce == nonce]
        if found:
            return found
    return []


async def _of_sender(chain: Chain, number: int, sender: str) -> Sequence[Transaction]:
    block: Any = await chain.read("eth_getBlockByNumber", hex(number), True)
    fields = cast("dict[str, Any]", block) if isinstance(block, dict) else {}
    read = (
        Transaction.read(each) for each in items(fields.get("transactions")) or [] if isinstance(each, dict)
    )
    return [each for each in read if each and (each.sender or "").lower() == sender.lower() and each.hash]


async def _count(chain: Chain, sender: str, at: str) -> int:
    return await chain.quantity("eth_getTransactionCount", sender, at)


async def _count_or_none(chain: Chain, sender: str, number: int) -> int | None:
    """Return None if the node no longer has the state of that block."""
    try:
        return await _count(chain, sender, hex(number))
    except ToolRefused:
        return None

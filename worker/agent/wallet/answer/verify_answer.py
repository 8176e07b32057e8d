"""Checks a wallet's answer: a transaction counts only if the chain shows it and it is the requested one.

The check searches by the reported hash, and by the account's nonces, because a wallet may replace what it has sent,
report a wrong hash, or report nothing. Each check is short. If the outcome is not certain yet, the run checks again
later, and no worker waits in between (`NotYet`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, cast

from forge.models.approval import Approval
from forge.models.run import ChainWait
from worker.agent.wallet.answer import verdict as verdicts
from worker.agent.wallet.answer.differences import differences
from worker.agent.wallet.answer.match_transaction import Match, is_old, matched
from worker.agent.wallet.answer.search_chain import sent_since
from worker.agent.wallet.answer.smart_account_calls import carried_success
from worker.agent.wallet.answer.verdict import Verdict
from worker.ethereum.chains import Chain, Chains
from worker.ethereum.node import Receipt, Transaction, transaction_hash
from worker.tool_outcomes import ToolRefused

FIRST_PAUSE_MS = 1_000
LONGEST_PAUSE_MS = 15_000
MOST_LOOKS = 40
"""Approximate number of checks of one wait, whatever its length. Each check is a delivery of the run's queue
message.
"""
_NO_HASH = "the wallet reported no transaction, and none of the account's makes the call"
_NOT_WHOLE = "not all that it did could be read, so it may have done more than is told here"
_NO_ACCOUNT = "the wallet reported no transaction, and the account that would have sent it is not known"


class Stopped(Exception):
    """The user stopped the run while it waited for the chain."""


class NotYet(Exception):
    """The chain does not show yet what became of the request; `wait` says when to check again."""

    def __init__(self, wait: ChainWait) -> None:
        super().__init__("not settled yet")
        self.wait = wait


async def verify(
    chains: Chains,
    approval: Approval,
    tx_hash: str | None,
    *,
    seconds: float,
    now: int,
    wait: ChainWait,
    used: Collection[str] = (),
) -> Verdict:
    """Check once. `tx_hash` None: the wallet reported none. Hashes in `used` have settled other requests. Raises
    `NotYet`.

    `wait`: the result of earlier checks. `seconds` after the first check, the verdict is whatever is known by then.
    If the node cannot be asked, the outcome is unknown; it never counts as success or as failure.
    """
    reported = tx_hash.lower() if tx_hash else None
    try:
        chain = chains.get(approval.network)
    except ToolRefused as refused:
        return _nothing_found(approval, reported, refused.shown, seconds)
    check = _Check(chain, approval, reported, seconds, frozenset(used), wait.sender, wait.nonce)
    found, problem = await check.look()
    if found:
        return found
    left = wait.since + round(seconds * 1_000) - now
    if left > 0:
        raise NotYet(check.later(now, wait.since, left))
    return check.so_far or _nothing_found(approval, reported, problem, seconds)


def _nothing_found(approval: Approval, reported: str | None, why: str, seconds: float) -> Verdict:
    if reported:
        return verdicts.not_found(approval, reported, why, seconds)
    return verdicts.unknown(approval, why)


@dataclass(slots=True)
class _Check:
    """`sender`, `nonce`: those of the reported transaction, once a node knew it. `so_far`: the verdict if nothing
    more is found.
    """

    chain: Chain
    approval: Approval
    reported: str | None
    seconds: float
    used: frozenset[str]
    sender: str | None = None
    nonce: int | None = None
    so_far: Verdict | None = None
    asks_bundler: bool = field(default=True)

    async def look(self) -> tuple[Verdict | None, str]:
        """Return the verdict, if there is one, and the reason if there is none."""
        try:
            return await self._look(), self._nothing()
        except ToolRefused as refused:
            return None, refused.shown

    def later(self, now: int, since: int, left: int) -> ChainWait:
        """The pause grows with the time already waited. The last check is always at the end of the wait."""
        longest = max(LONGEST_PAUSE_MS, round(self.seconds * 1_000) // MOST_LOOKS)
        pause = min(max(FIRST_PAUSE_MS, (now - since) // 2), longest, left)
        return ChainWait(since=since, again_at=now + pause, sender=self.sender, nonce=self.nonce)

    def _nothing(self) -> str:
        if self.reported:
            return f"{self.approval.network} does not know it"
        return _NO_HASH if self.approval.payer else _NO_ACCOUNT

    async def _look(self) -> Verdict | None:
        if self.reported:
            found = await self.chain.transaction(self.reported)
            if found:
                self.sender, self.nonce = found.sender, found.nonce
                return await self._judged(found, self.reported)
            if settled := await self._operation():
                return settled
        return await self._search()

    async def _judged(self, found: Transaction, tx_hash: str) -> Verdict | None:
        match = await matched(self.chain, self.approval, found)
        if match.kind == "different":
            return verdicts.different(self.approval, tx_hash, match.told)
        if match.kind == "unknown":
            self.so_far = verdicts.unknown(self.approval, "; ".join(match.told), tx_hash)
            return None
        receipt = await self.chain.receipt(tx_hash)
        # The account that carries the call is checked for code in the block, so it is read once more.
        is_unchecked = match.kind == "carried" and found.block_number is None
        if receipt is None or not receipt.is_in_block or is_unchecked:
            self.so_far = verdicts.pending(self.approval, tx_hash, self.seconds)
            return None
        return await self._mined(found, tx_hash, match, receipt)

    async def _mined(self, found: Transaction, tx_hash: str, match: Match, receipt: Receipt) -> Verdict:
        if receipt.block_number is not None and is_old(self.approval, receipt.block_number):
            return verdicts.different(self.approval, tx_hash, ["it is older than the request"])
        succeeded = carried_success(match.carrier, receipt) if match.kind == "carried" else receipt.succeeded
        fee = receipt.fee(found.gas_price, has_l1_fee=self.chain.has_l1_fee)
        told = match.told
        if match.kind == "carried":
            told = [f"it was carried by a call of {match.carrier[0].to}", *told]
        if self.reported and tx_hash != self.reported:
            told = [f"it was mined instead of the reported {self.reported}", *told]
        account = found.sender if match.kind == "same" else self.approval.payer
        beyond = await differences(self.chain, self.approval, account, found, receipt)
        if not beyond.are_all and succeeded is not False:
            told = [*told, _NOT_WHOLE]
        return verdicts.mined(self.approval, tx_hash, receipt, succeeded, fee, told, beyond.told)

    async def _search(self) -> Verdict | None:
        """Search what the account has sent since the request was made. The same call counts under any hash."""
        payer = self.approval.payer or self.sender
        if payer is None:
            return None
        async for found in sent_since(self.chain, self.approval, payer):
            tx_hash = found.hash or ""
            if tx_hash in self.used:
                continue
            match = await matched(self.chain, self.approval, found)
            if match.kind in {"same", "carried"} and (receipt := await self.chain.receipt(tx_hash)):
                return await self._mined(found, tx_hash, match, receipt)
            if self._takes_the_place(found):
                return verdicts.replaced(self.approval, self.reported or "", tx_hash)
        return None

    def _takes_the_place(self, found: Transaction) -> bool:
        return self.nonce is not None and found.nonce == self.nonce and found.hash != self.reported

    async def _operation(self) -> Verdict | None:
        """The hash of a user operation (ERC-4337) is not that of a transaction. A bundler's node knows which
        transaction contains it.
        """
        if not self.asks_bundler:
            return None
        try:
            answer = await self.chain.read("eth_getUserOperationReceipt", self.reported)
        except ToolRefused:
            self.asks_bundler = False
            return None
        carrier = _carrier_hash(answer)
        found = await self.chain.transaction(carrier) if carrier else None
        return await self._judged(found, carrier) if found and carrier else None


def _carrier_hash(answer: Any) -> str | None:
    fields = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
    receipt: Any = fields.get("receipt")
    inner = cast("dict[str, Any]", receipt) if isinstance(receipt, dict) else {}
    return transaction_hash(inner.get("transactionHash"))

"""What a wallet's answer is worth: a reported transaction counts only when the chain shows it, and it is the one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from forge.models.approval import Approval
from worker.agent.wallet.display import amount_of, currency_of
from worker.mcp_servers.amounts import format_units
from worker.mcp_servers.chains import Chain, Chains
from worker.mcp_servers.evm.blocks import fee_paid
from worker.mcp_servers.toolbox import ToolRefused

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 1.0


class Stopped(Exception):
    """The user stopped the run while it waited for the chain."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`text` tells the user and the LLM the same. `closes`: the approval is used up. `used_hash` settled it."""

    text: str
    closes: bool
    used_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """A transaction that the wallet says it has sent. `stopped` is asked between two looks at the chain."""

    approval: Approval
    transaction_hash: str
    stopped: Callable[[], bool]
    deadline: float

    @property
    def name(self) -> str:
        return f"Wallet request {self.approval.approval_id} ({amount_of(self.approval)})"


async def verify(
    chains: Chains, approval: Approval, tx_hash: str, *, seconds: float, stopped: Callable[[], bool]
) -> Verdict:
    """Raises `Stopped`. A node that cannot be asked leaves the outcome unknown; it never counts as success."""
    report = Reported(approval, tx_hash.lower(), stopped, monotonic() + seconds)
    try:
        chain = chains.get(approval.network)
    except ToolRefused as refused:
        return _unknown(report, str(refused), seconds)
    found, problem = await _asked(
        report, lambda: chain.read("eth_getTransactionByHash", report.transaction_hash)
    )
    if found is None:
        return _unknown(report, problem or f"{approval.network} does not know it", seconds)
    if differences := await _differences(chain, approval, found):
        return _wrong(report, differences)
    receipt, _ = await _asked(
        report, lambda: chain.read("eth_getTransactionReceipt", report.transaction_hash)
    )
    if receipt is None:
        return _pending(report, seconds)
    return _old(report) if _is_old(approval, receipt) else _mined(report, receipt)


async def _asked(report: Reported, ask: Callable[[], Awaitable[Any]]) -> tuple[Any, str | None]:
    """The first answer that is not null, or else why there is none."""
    pause = FIRST_PAUSE
    while True:
        if report.stopped():
            raise Stopped
        problem = None
        try:
            if (found := await ask()) is not None:
                return found, None
        except ToolRefused as refused:
            problem = str(refused)
        if monotonic() + pause > report.deadline:
            return None, problem
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


async def _differences(chain: Chain, approval: Approval, found: dict[str, Any]) -> list[str]:
    wanted = approval.transaction
    chain_id = int(found["chainId"], 16) if found.get("chainId") else await chain.chain_id(is_fresh=True)
    facts = [
        ("the chain", str(wanted.chain_id), str(chain_id)),
        ("the recipient", wanted.to.lower(), str(found.get("to") or "none: it creates a contract").lower()),
        ("the value in wei", wanted.value, str(int(found["value"], 16))),
        ("the call data", wanted.data.lower(), str(found.get("input", "0x")).lower()),
    ]
    if authorizations := found.get("authorizationList"):
        facts.append(("the number of accounts that it delegates (EIP-7702)", "0", str(len(authorizations))))
    if wanted.sender:
        facts.append(("the sender", wanted.sender.lower(), str(found["from"]).lower()))
    different = [
        f"{name} is {_short(actual)}, not {_short(asked)}" for name, asked, actual in facts if asked != actual
    ]
    if not different and wanted.digest() != approval.digest:
        different.append("the request itself is not what it was when it was made")
    if found.get("blockNumber") and _is_old(approval, found):
        different.append("it is older than the request")
    return different


def _is_old(approval: Approval, found: dict[str, Any]) -> bool:
    return approval.after_block is not None and int(found["blockNumber"], 16) <= approval.after_block


def _short(text: str) -> str:
    return text if len(text) <= 74 else f"{text[:74]}… ({len(text)} characters)"


def _mined(report: Reported, receipt: dict[str, Any]) -> Verdict:
    paid = fee_paid(receipt)
    fee = "not told" if paid is None else f"{format_units(paid)} {currency_of(report.approval.network)}"
    block = int(receipt["blockNumber"], 16)
    if receipt.get("status") == "0x1":
        how = f"succeeded: transaction {report.transaction_hash} is in block {block}"
    else:
        how = f"FAILED: transaction {report.transaction_hash} was reverted in block {block}, so it changed nothing"
    return Verdict(f"{report.name} {how}. The fee was {fee}.", closes=True, used_hash=report.transaction_hash)


def _pending(report: Reported, seconds: float) -> Verdict:
    text = (
        f"{report.name} was sent as transaction {report.transaction_hash}, but is in no block after {seconds:g} s. "
        "It is the right transaction; whether it succeeds is not known yet. It must not be sent again."
    )
    return Verdict(text, closes=True, used_hash=report.transaction_hash)


def _old(report: Reported) -> Verdict:
    return _wrong(report, ["it is older than the request"])


def _wrong(report: Reported, differences: list[str]) -> Verdict:
    text = (
        f"{report.name} was NOT answered: transaction {report.transaction_hash}, which was reported for it, is "
        f"another one: {'; '.join(differences)}. The request stays open."
    )
    return Verdict(text, closes=False)


def _unknown(report: Reported, why: str, seconds: float) -> Verdict:
    text = (
        f"{report.name}: OUTCOME UNKNOWN. Transaction {report.transaction_hash} was reported for it, but could not be "
        f"found within {seconds:g} s ({why.rstrip('.')}). It does not count as sent. The request stays open."
    )
    return Verdict(text, closes=False)

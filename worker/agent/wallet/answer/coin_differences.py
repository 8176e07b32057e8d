"""How what a transaction moved of the chain's coin differs from its card. The balances tell it, because no log does."""

from __future__ import annotations

from collections.abc import Iterator

from forge.models.wallet_review import Review
from worker.agent.wallet.answer.asset_sums import LEAST_PERCENT, USUAL_FACTOR, shown_units
from worker.concurrent_calls import all_of
from worker.ethereum.addresses import checksummed
from worker.ethereum.amounts import readable_amount
from worker.ethereum.chains import Chain
from worker.ethereum.node import Receipt, Transaction
from worker.tool_outcomes import ToolRefused

_ASKED = ("eth_getBalance", "eth_getTransactionCount")


async def coin_differences(
    chain: Chain, review: Review, account: str, found: Transaction, receipt: Receipt
) -> list[str] | None:
    """Return the differences of the account; None if they matter and cannot be compared. Only the balance of whoever
    sent the transaction is compared, because others' balances change by other transactions of the block too.
    """
    if review.more_changes or review.outcome == "unknown":
        return []
    shown = sum(shown_units(each) for each in review.changes if each.standard == "native")
    if (found.sender or "").lower() != account.lower():
        return [] if shown >= 0 else None
    fee = receipt.fee(found.gas_price, has_l1_fee=chain.has_l1_fee)
    real = None if fee is None else await _lost(chain, found, receipt, fee)
    if fee is None or real is None:
        # Code that the account has got in the transaction may send more than its value.
        return [] if shown >= 0 and not found.authorization_list else None
    # A rollup may take a little more than the fee that its receipt tells.
    return [] if abs(real - shown) <= fee else list(_told(chain.currency, found.sender or "", shown, real))


def _told(currency: str, account: str, shown: int, real: int) -> Iterator[str]:
    if shown < 0 and -real * 100 < -shown * LEAST_PERCENT:
        part = f"only {readable_amount(-real, currency)}" if real < 0 else "nothing of it"
        yield f"{readable_amount(-shown, currency)} was shown to arrive, and {part} has."
    if shown > 0 and real * 100 < shown * LEAST_PERCENT:
        part = f"only {readable_amount(real, currency)}" if real > 0 else "nothing of it"
        yield f"{readable_amount(shown, currency)} was shown to leave, and {part} has."
    if real > USUAL_FACTOR * max(shown, 0):
        expected = readable_amount(max(shown, 0), currency)
        yield f"{readable_amount(real, currency)} left {checksummed(account)}, and {expected} was shown."


async def _lost(chain: Chain, found: Transaction, receipt: Receipt, fee: int) -> int | None:
    """Return what left the sender beside the fee, in wei; what arrived is negative. None if the node does not tell, or
    if the sender has sent another transaction in the same block.
    """
    sender, block = found.sender, receipt.block_number
    if sender is None or block is None:
        return None
    places = (hex(block - 1), hex(block))
    try:
        before, after, first, last = await all_of(
            chain.quantity(method, sender, at) for method in _ASKED for at in places
        )
    except ToolRefused:
        return None
    return before - after - fee if last - first == 1 else None

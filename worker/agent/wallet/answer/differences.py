"""How a transaction in a block differs from what its card showed before it was signed."""

from __future__ import annotations

from dataclasses import dataclass

from forge.models.approval import Approval
from worker.agent.wallet.answer.coin_differences import coin_differences
from worker.agent.wallet.answer.missing_effects import missing_effects
from worker.agent.wallet.answer.unexpected_effects import unexpected_effects
from worker.agent.wallet.answer.unexpected_rights import handed_over
from worker.ethereum.chains import Chain
from worker.ethereum.node import Receipt, Transaction
from worker.ethereum.simulated_effects import logged_effects
from worker.tool_outcomes import ToolRefused


@dataclass(frozen=True, slots=True)
class Differences:
    """What is known of the differences."""

    told: list[str]
    """One sentence for each difference."""
    are_all: bool
    """Whether all that the transaction did could be read."""


async def differences(
    chain: Chain, approval: Approval, account: str | None, found: Transaction, receipt: Receipt
) -> Differences:
    """`account`: whose assets the call moves, if that is known. A verdict does not depend on the differences, so a node
    that cannot be asked for more is no error.
    """
    effects, review = logged_effects(receipt.logs), approval.review
    are_all = effects.untold is None
    if account is None:
        return Differences([], are_all)
    told = list[str]()
    if (approval.transaction.sender or "").lower() == account.lower() and receipt.succeeded:
        of_coin = await coin_differences(chain, review, account, found, receipt)
        are_all = are_all and of_coin is not None
        told = [*(of_coin or []), *missing_effects(review, account, effects)]
    if found.authorization_list:
        told = [*await handed_over(chain, account, receipt), *told]
    try:
        beyond = await unexpected_effects(chain, review, account, effects, receipt.block_number)
    except ToolRefused:
        return Differences(told, are_all=False)
    return Differences([*told, *beyond], are_all)

"""What a transaction did beyond what its card showed. A contract can recognise a simulation, or be another one by the
time that somebody signs; only the logs of the block tell, and whoever reads them at once may still take a right back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from forge.models.wallet_review import Review, ReviewChange
from worker.agent.wallet.answer.asset_sums import (
    MOST_TOLD,
    USUAL_FACTOR,
    Asset,
    and_more,
    asset_of,
    lost,
    shown_units,
)
from worker.agent.wallet.answer.unexpected_rights import unexpected_rights
from worker.agent.wallet.request_in_words import change_in_words
from worker.agent.wallet.review.token_facts import Facts, read_facts
from worker.agent.wallet.review.warnings.rights import judged
from worker.concurrent_calls import all_of
from worker.ethereum.addresses import checksummed
from worker.ethereum.chains import Chain
from worker.ethereum.known_tokens import known_addresses
from worker.ethereum.simulated_effects import Effects
from worker.ethereum.simulated_logs import NATIVE, Movement
from worker.ethereum.tokens import Token, read_token
from worker.tool_outcomes import ToolRefused

_COINS = frozenset({NATIVE, "0xfffffffffffffffffffffffffffffffffffffffe"})
"""Addresses under which nodes log movements of the coin: eth_simulateV1, and EIP-7708 (from memory, 2026-11-27)."""
_COUNTED = frozenset({"erc20", "erc777"})


@dataclass(frozen=True, slots=True)
class _Left:
    """What left the account of one asset, without what came back."""

    asset: str
    standard: str
    token_id: int | None
    amount: int
    to: str


async def unexpected_effects(
    chain: Chain, review: Review, account: str, effects: Effects, block: int | None
) -> list[str]:
    """Return a sentence for each thing that left `account`, or that somebody may take now, and that was not shown.
    Tokens that people know come first, because a contract may log any number of its own. `block`: the block's number.

    If no movement could be shown, because it was not simulated for the account, none is unexpected.
    """
    known = known_addresses(chain.expected.chain_id)
    left = _left(effects.movements, review, account) if review.outcome != "unknown" else []
    left.sort(key=lambda each: each.asset not in known)
    rights = await unexpected_rights(chain, effects.grants, review, account, block)
    rights.sort(key=lambda each: (each.token or "").lower() not in known)
    facts = await read_facts(chain, rights[:MOST_TOLD], account)
    words = await all_of(_in_words(chain, facts, each, account) for each in left[:MOST_TOLD])
    return [
        *(f"{what[:1].upper()}{what[1:]} left {checksummed(account)}." for what in words),
        *and_more(len(left) - MOST_TOLD, "more asset", "left the account"),
        *(judged(each, facts, account).text for each in rights[:MOST_TOLD]),
        *and_more(len(rights) - MOST_TOLD, "more right", "somebody has got"),
    ]


def _left(moved: Sequence[Movement], review: Review, account: str) -> list[_Left]:
    tokens = [each for each in moved if each.asset.lower() not in _COINS]
    shown = Counter[Asset]()
    for change in review.changes:
        shown[asset_of(change)] += shown_units(change)
    gone = [each for each in tokens if each.sender.lower() == account.lower() != each.to.lower()]
    last = {asset_of(each): each for each in gone}
    return [
        _Left(asset[0], last[asset].standard, asset[1], units, last[asset].to)
        for asset, units in lost(tokens, account).items()
        if asset in last and units > USUAL_FACTOR * max(shown[asset], 0)
    ]


async def _in_words(chain: Chain, facts: Facts, left: _Left, account: str) -> str:
    try:
        token = await read_token(chain, left.asset)
    except ToolRefused:
        token = Token(left.asset, None, None)
    is_single = left.standard == "erc721"
    change = ReviewChange(
        direction="out",
        standard="erc721" if is_single else "erc1155" if left.standard == "erc1155" else "erc20",
        asset=checksummed(left.asset),
        symbol=facts.symbol_of(left.asset, token.symbol),
        amount=str(left.token_id if is_single else left.amount),
        token_id=None if is_single or left.token_id is None else str(left.token_id),
        formatted=token.format(left.amount) if left.standard in _COUNTED else None,
        sender=checksummed(account),
        to=checksummed(left.to),
    )
    return f"{change_in_words(change)} to {change.to}"

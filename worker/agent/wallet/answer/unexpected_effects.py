"""What a transaction did beyond what its card showed. A contract can recognise a simulation, or be another one by the
time that somebody signs; only the logs of the block tell, and whoever reads them at once may still take a right back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from forge.models.wallet_review import Review, ReviewChange
from worker.agent.wallet.request_in_words import change_in_words
from worker.agent.wallet.review.call_nodes import Right
from worker.agent.wallet.review.judge_rights import checksummed, judged
from worker.agent.wallet.review.token_facts import (
    DELEGATION,
    Facts,
    address_word,
    ask_number,
    code_of,
    read_facts,
)
from worker.concurrent_calls import all_of
from worker.ethereum.chains import Chain
from worker.ethereum.node import Receipt
from worker.ethereum.simulated_effects import readable_logs
from worker.ethereum.simulated_logs import NATIVE, Grant, Log, Movement, grants, movements
from worker.ethereum.tokens import Token, read_token
from worker.tool_outcomes import ToolRefused

MOST_TOLD = 4
"""Maximum movements, and maximum rights, that are told."""
USUAL_FACTOR = 2
"""Prices move between the simulation and the block, so somewhat more of a shown asset may leave."""
_COINS = frozenset({NATIVE, "0xfffffffffffffffffffffffffffffffffffffffe"})
"""Addresses under which nodes log movements of the coin: eth_simulateV1, and EIP-7708 (from memory, 2026-11-27)."""
_COUNTED = frozenset({"erc20", "erc777"})
_Key = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class _Left:
    """What left the account of one asset, without what came back."""

    asset: str
    standard: str
    token_id: int | None
    amount: int
    to: str


async def unexpected_effects(chain: Chain, review: Review, account: str, receipt: Receipt) -> list[str]:
    """Return a sentence for each thing that left `account`, or that somebody may take now, and that was not shown.

    If no movement could be shown, because it was not simulated for the account, none is unexpected.
    """
    logs = readable_logs(receipt.logs or [])
    is_simulated = review.outcome != "unknown"
    left = _left(movements(logs)[0], review, account.lower())[:MOST_TOLD] if is_simulated else []
    rights = await _rights(chain, logs, review, account, receipt.block_number)
    facts = await read_facts(chain, rights, account)
    words = await all_of(_in_words(chain, facts, each, account) for each in left)
    taken = [judged(each, facts, account).text for each in rights]
    return [*(f"{what} left {checksummed(account)}." for what in words), *taken]


async def handed_over(chain: Chain, account: str, receipt: Receipt) -> list[str]:
    """Return a sentence if the account has got the code of another contract (EIP-7702). It keeps that code although the
    transaction fails.
    """
    if receipt.block_number is None:
        return []
    places = (hex(receipt.block_number - 1), hex(receipt.block_number))
    before, after = [await code_of(chain, account, at) for at in places]
    if after == before or not after.startswith(DELEGATION):
        return []
    code = checksummed("0x" + after.removeprefix(DELEGATION))
    return [
        f"{checksummed(account)} runs the code of {code} from now on (EIP-7702), which may do anything with what the "
        "account has."
    ]


def _left(moved: Sequence[Movement], review: Review, account: str) -> list[_Left]:
    shown = _shown(review)
    found = Counter[_Key]()
    last: dict[_Key, Movement] = {}
    for each in moved:
        if each.asset.lower() in _COINS:
            continue
        is_single = each.standard == "erc721"
        key = each.asset.lower(), each.amount if is_single else each.token_id
        found[key] += (1 if is_single else each.amount) * (
            (each.sender.lower() == account) - (each.to.lower() == account)
        )
        if each.sender.lower() == account != each.to.lower():
            last[key] = each
    return [
        _Left(key[0], last[key].standard, key[1], amount, last[key].to)
        for key, amount in found.items()
        if key in last and amount > USUAL_FACTOR * max(shown[key], 0)
    ]


def _shown(review: Review) -> Counter[_Key]:
    shown = Counter[_Key]()
    for each in review.changes:
        is_single = each.standard == "erc721"
        number = each.amount if is_single else each.token_id
        key = (each.asset or "").lower(), int(number) if number else None
        sign = {"out": 1, "in": -1}.get(each.direction, 0)
        shown[key] += sign * (1 if is_single else int(each.amount or 0))
    return shown


async def _rights(
    chain: Chain, logs: Sequence[Log], review: Review, account: str, block: int | None
) -> list[Right]:
    shown = {
        ((each.token or "").lower(), each.spender.lower()) for each in review.allowances if not each.revokes
    }
    given = {
        (each.token.lower(), each.spender.lower(), each.amount if each.single else None): each
        for each in grants(logs)
        if (each.owner or "").lower() == account.lower() != each.spender.lower() and not each.revokes
    }
    new = [each for (token, spender, _), each in given.items() if (token, spender) not in shown][:MOST_TOLD]
    kept = await all_of(_has_grown(chain, each, account, block) for each in new)
    return [
        Right(each.kind, each.token, each.spender, each.amount, function=each.event, single=each.single)
        for each, is_new in zip(new, kept, strict=True)
        if is_new
    ]


async def _has_grown(chain: Chain, grant: Grant, account: str, block: int | None) -> bool:
    """Many tokens log what is left of an allowance each time that some of it is taken."""
    if grant.kind != "erc20" or block is None:
        return True
    words = address_word(account) + address_word(grant.spender)
    before, after = [
        await ask_number(chain, grant.token, "allowance(address,address)", words, at)
        for at in (hex(block - 1), hex(block))
    ]
    return before is None or after is None or after > before


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

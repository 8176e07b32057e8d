"""Rights over what an account has that a transaction gave although its card did not show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge.models.wallet_review import Review, ReviewedCall
from worker.agent.wallet.review.call_nodes import Right
from worker.agent.wallet.review.logged_rights import concerns, logged_right
from worker.agent.wallet.review.token_facts import DELEGATION, address_word, ask_number, code_of
from worker.concurrent_calls import all_of
from worker.ethereum.addresses import checksummed
from worker.ethereum.chains import Chain
from worker.ethereum.node import Receipt
from worker.ethereum.simulated_logs import Grant

_MOST_ASKED = 20
"""Maximum allowances whose growth is checked. Any further one counts as grown."""


async def unexpected_rights(
    chain: Chain, logged: Sequence[Grant], review: Review, account: str, block: int | None
) -> list[Right]:
    """What the account gives to itself is left out."""
    shown = {
        ((each.token or "").lower(), each.spender.lower()) for each in review.allowances if not each.revokes
    }
    called = {account.lower(), *(to.lower() for to in _called(review.calls))}
    given = {
        (each.token.lower(), each.spender.lower(), each.amount if each.single else None): each
        for each in logged
        if each.spender.lower() != account.lower() and not each.revokes
        if concerns(each.kind, each.owner, each.token, account, called)
    }
    new = [each for (token, spender, _), each in given.items() if (token, spender) not in shown]
    kept = await all_of(_has_grown(chain, each, account, block) for each in new[:_MOST_ASKED])
    grown = [each for each, is_grown in zip(new, kept, strict=False) if is_grown] + new[_MOST_ASKED:]
    return [
        logged_right(each.kind, each.token, each.spender, each.amount, each.event, single=each.single)
        for each in grown
    ]


def _called(calls: Sequence[ReviewedCall]) -> Iterator[str]:
    for call in calls:
        yield call.to or ""
        yield from _called(call.inner)


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

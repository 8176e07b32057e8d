"""The sender's allowances and balances after the simulation, as the contracts themselves return them, not as logs
state them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from worker.agent.wallet.review.call_nodes import Right
from worker.agent.wallet.review.logged_rights import concerns, logged_right
from worker.agent.wallet.review.token_facts import Facts, address_word, ask_number, call_data
from worker.ethereum.addresses import ZERO_ADDRESS
from worker.ethereum.simulated_effects import NoEffects, simulated_effects
from worker.ethereum.transaction_results import AssetChange, GivenRight, Simulation
from worker.ethereum.transactions import Request

MOST_RIGHTS = 8
MOST_TOKENS = 8
_ALLOWANCE = "allowance(address,address)"
_BALANCE = "balanceOf(address)"


@dataclass(frozen=True, slots=True)
class After:
    """Values that the contracts return before and after the simulated transaction, as (before, after)."""

    allowances: dict[tuple[str, str], tuple[int | None, int | None]] = field(
        default_factory=dict[tuple[str, str], tuple[int | None, int | None]]
    )
    """The sender's allowances in base units by (token, spender), in lower case; None where a contract does not tell."""
    balances: dict[str, tuple[int | None, int | None]] = field(
        default_factory=dict[str, tuple[int | None, int | None]]
    )
    """The sender's balances in base units by token, in lower case; None where a contract does not tell."""


def simulated_rights(found: Simulation, called: set[str]) -> list[Right]:
    """Return the sender's rights, and control over contracts that are called. `called`: addresses in lower case."""
    return [
        _right(each)
        for each in found.rights
        if not each.revokes and concerns(each.kind, each.owner, each.contract, found.sender, called)
    ]


def _right(given: GivenRight) -> Right:
    amount = None if given.amount is None else int(given.amount)
    right = logged_right(given.kind, given.contract, given.who, amount, given.event, single=given.single)
    return replace(right, is_simulated=True)


async def read_after(request: Request, rights: Sequence[Right], tokens: Sequence[str]) -> After:
    """Run one more simulation that reads the tokens at its end. The result is empty if the node offers no
    simulation.
    """
    sender = request.sender.address
    own = [
        each for each in rights if each.kind in {"erc20", "permit"} and _is_of(each, sender) and each.token
    ]
    pairs = list(dict.fromkeys(((each.token or "").lower(), each.spender.lower()) for each in own))[
        :MOST_RIGHTS
    ]
    known = list(dict.fromkeys([*(token.lower() for token in tokens), *(token for token, _ in pairs)]))[
        :MOST_TOKENS
    ]
    asked = [(token, _ALLOWANCE, address_word(sender) + address_word(spender)) for token, spender in pairs]
    asked += [(token, _BALANCE, address_word(sender)) for token in known]
    if not asked:
        return After()
    then = [{"from": sender, "to": to, "input": call_data(text, words)} for to, text, words in asked]
    before, found = await asyncio.gather(
        asyncio.gather(*(ask_number(request.chain, *each) for each in asked)),
        simulated_effects(request, then),
    )
    answers = (
        [None] * len(asked) if isinstance(found, NoEffects) else [_number(each) for each in found.answers]
    )
    both = list(zip(before, answers, strict=False))
    count = len(pairs)
    return After(dict(zip(pairs, both[:count], strict=False)), dict(zip(known, both[count:], strict=False)))


def settled_rights(rights: Sequence[Right], after: After, sender: str) -> list[Right]:
    """Return the rights with the allowances at the end of the simulation. A right that a log repeats appears once,
    and an allowance that did not grow is left out.
    """
    kept: dict[tuple[str, str], Right] = {}
    others: list[Right] = []
    for each in rights:
        key = ((each.token or "").lower(), each.spender.lower())
        is_number = each.kind in {"erc20", "permit", "permit2"} and _is_of(each, sender) and not each.at_once
        known = kept.get(key)
        if is_number:
            kept[key] = each if known is None else _together(known, each)
        else:
            others.append(each)
    numbers = (_at_the_end(each, *after.allowances.get(key, (None, None))) for key, each in kept.items())
    return [*(each for each in numbers if each), *_once(others)]


def without_own(rights: Sequence[Right], sender: str) -> list[Right]:
    """Leave out what the account gives to itself: its own votes, a name, the ownership that it accepts."""
    return [each for each in rights if each.spender.lower() != sender.lower() or not _is_of(each, sender)]


def without_taken(rights: Sequence[Right], moved: Sequence[AssetChange], sender: str) -> list[Right]:
    """Leave out what may be taken in this call alone and is seen to leave, because the movement tells it."""
    leaves = Counter[tuple[str, str]]()
    for each in moved:
        if each.standard in {"native", "erc20"}:
            leaves[each.sender.lower(), (each.asset or "").lower()] += int(each.amount or 0)
    kept: list[Right] = []
    for right in rights:
        token = (right.token or "").lower()
        key = (right.owner or sender).lower(), "native" if token == ZERO_ADDRESS else token
        if right.at_once and right.amount is not None and right.amount <= leaves[key]:
            leaves[key] -= right.amount
        else:
            kept.append(right)
    return kept


def _together(known: Right, other: Right) -> Right:
    """Return one right for both. What is given counts, whatever else is taken away from the same account. What a log
    says is left of a right that a call lessens is the call's own, so it is not left out for having not grown.
    """
    if other.revokes:
        return known
    if known.revokes:
        return replace(other, is_simulated=False, is_inner=known.is_inner or other.is_inner)
    if known.amount is None or other.amount is None:
        return replace(known, amount=None)
    added = known.amount if other.adds and not other.is_simulated else 0
    return replace(known, amount=max(known.amount, added + other.amount))


def _at_the_end(right: Right, before: int | None, after: int | None) -> Right | None:
    if after is None or right.kind == "permit2" or right.single:
        return right
    if right.is_simulated and before is not None and after <= before:
        return None
    if right.revokes:
        return replace(right, amount=after, revokes=after == 0)
    if right.amount is None or (after <= right.amount and not right.adds):
        return right
    return replace(right, amount=after, adds=False)


def _once(rights: Sequence[Right]) -> list[Right]:
    """Drop a right that the call itself names already and a log repeats. What is given counts, not what is taken away
    from the same account.
    """
    found: dict[tuple[str, str, str, str], Right] = {}
    for each in rights:
        family = (
            "control"
            if each.kind == "control"
            else "operator"
            if each.kind == "operator"
            else f"{each.amount}"
        )
        key = (family, (each.token or "").lower(), each.spender.lower(), (each.owner or "").lower())
        if found.setdefault(key, each).revokes:
            found[key] = each
    return list(found.values())


def with_balances(facts: Facts, after: After, sender: str) -> Facts:
    """Use the sender's balance at the end if it is larger, because all of it could be taken."""
    tokens = dict(facts.tokens)
    for token, (_, balance) in after.balances.items():
        about = tokens.get((token, sender.lower()))
        if about and balance and balance > (about.balance or 0):
            tokens[token, sender.lower()] = replace(about, balance=balance)
    return replace(facts, tokens=tokens)


def _is_of(right: Right, sender: str) -> bool:
    return right.owner is None or right.owner.lower() == sender.lower()


def _number(answer: bytes | None) -> int | None:
    return int.from_bytes(answer) if answer is not None and len(answer) == 32 else None

"""Warnings about who gets something, by what the simulation shows and not by what the call data names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from forge.models.wallet_review import ReviewChange, ReviewWarning
from worker.agent.wallet.request_in_words import change_in_words
from worker.agent.wallet.review.findings import Found, changes_of
from worker.agent.wallet.review.shown_call_tree import all_nodes
from worker.agent.wallet.review.warnings.swapped_tokens import COIN, lower_limits
from worker.ethereum.addresses import ZERO_ADDRESS
from worker.ethereum.known_tokens import wrapped_coins
from worker.ethereum.simulated_logs import units_of


def unconfirmed_warnings(found: Found, told: Sequence[ReviewWarning]) -> list[ReviewWarning]:
    """Warn if what leaves the account is not seen to reach who the call names, or if what is bought goes elsewhere.
    `told`: the warnings about whom the call data names; the same is not told twice.
    """
    if found.is_void or found.sender is None:
        return []
    named = found.named_recipient
    if found.is_missed and found.names_payee:
        text = f"The call names {named} as the recipient, but nothing of what leaves is seen to arrive there."
        return [_warning(text)]
    if not told and found.names_payee and _is_bought_for(found, named.lower(), found.sender.lower()):
        return [_warning(f"What comes of the payment goes to {named}, not to the account that signs.")]
    if not told and found.names_payee and (kept := _kept_from(found, named.lower(), found.sender.lower())):
        return [
            _warning(
                f"{named} gets less than half of what leaves: {change_in_words(kept)} goes to {kept.to}."
            )
        ]
    if not told and _brings_nothing(found, found.sender.lower()):
        return [
            _warning("It is a swap, and nothing is seen to arrive for what leaves the account that signs.")
        ]
    if (name := _promise(found)) and (taken := _taken_instead(found, found.sender.lower())):
        what = f"{change_in_words(taken)} goes to {taken.to}"
        return [_warning(f"{name} only brings something, but nothing is seen to arrive, and {what}.")]
    return []


def _promise(found: Found) -> str | None:
    """Return the name of the first function that only pays out what is the caller's."""
    nodes = all_nodes(found.reading.calls)
    return next((node.meaning.signature.name for node in nodes if node.meaning and node.meaning.brings), None)


def _taken_instead(found: Found, sender: str) -> ReviewChange | None:
    """Return the first movement from the signer if nothing arrives. What represents a share goes back to the called
    contract or to nobody, and some nodes do not tell of the coin that is paid for it.
    """
    changes = [each for each in changes_of(found) if each.sender.lower() != each.to.lower()]
    payees = {sender, found.named_recipient.lower()} if found.names_payee else {sender}
    if any(each.to.lower() in payees for each in changes):
        return None
    returned = {ZERO_ADDRESS, *(node.to.lower() for node in all_nodes(found.reading.calls))}
    return next(
        (
            each
            for each in changes
            if each.direction == "out" and (each.standard == "native" or each.to.lower() not in returned)
        ),
        None,
    )


def _brings_nothing(found: Found, sender: str) -> bool:
    """A contract of anybody may take what it is paid for a swap. Coins are not counted, because some nodes do not tell
    what a call moves of them.
    """
    limits = [limit for node in all_nodes(found.reading.calls) for limit in lower_limits(node)]
    coins = {COIN, *wrapped_coins(found.facts.chain_id, found.facts.coin)}
    is_told = any(limit.is_swap for limit in limits) and not any(limit.token in coins for limit in limits)
    pairs = [(each.sender.lower(), each.to.lower()) for each in found.moved]
    leaves = any(giver == sender != taker for giver, taker in pairs)
    return is_told and leaves and not any(taker == sender != giver for giver, taker in pairs)


def _is_bought_for(found: Found, named: str, sender: str) -> bool:
    """Return whether the signer pays somebody else, and the named account gets only other assets."""
    paid = {
        (each.asset, each.to.lower())
        for each in found.moved
        if each.sender.lower() == sender != each.to.lower()
    }
    got = {each.asset for each in found.moved if each.to.lower() == named}
    is_paid = any(to == named for _, to in paid)
    return bool(paid and got) and named != sender and not is_paid and not got & {asset for asset, _ in paid}


def _kept_from(found: Found, named: str, sender: str) -> ReviewChange | None:
    """Return the first movement from the signer to somebody else of an asset of which the named account gets less than
    half. A contract may give the named account a little of it, or a token of its own, and keep the rest.
    """
    left, got = Counter[str](), Counter[str]()
    changes = [each for each in changes_of(found) if each.sender != each.to]
    for each in changes:
        giver, taker, asset = each.sender.lower(), each.to.lower(), _asset(each)
        units = units_of(each.standard, each.amount)
        left[asset] += units * ((giver == sender) - (taker == sender))
        got[asset] += units * ((taker == named) - (giver == named))
    short = {asset for asset, units in left.items() if units > 0 and got[asset] * 2 < units}
    is_kept = (
        each
        for each in changes
        if each.direction == "out" and each.to.lower() != named and _asset(each) in short
    )
    return next(is_kept, None) if named != sender else None


def _asset(change: ReviewChange) -> str:
    return f"{change.asset or ''} {change.token_id or ''}".lower()


def _warning(text: str) -> ReviewWarning:
    return ReviewWarning(code="goes_elsewhere", severity="danger", text=text)

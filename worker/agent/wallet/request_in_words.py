"""An approval in words. Texts of contracts are untrusted: they are cut, kept on one line, and never stated as facts."""

from __future__ import annotations

from forge.models.approval import Approval
from forge.models.counted_words import counted
from forge.models.text_cleaning import one_line
from forge.models.wallet_review import Review, ReviewChange, ReviewedCall
from worker.ethereum.amounts import grouped, readable_amount
from worker.ethereum.known_networks import KNOWN_NETWORKS

DECODED_LIMIT = 2_000
MOST_MOVES = 12


def currency_of(network: str) -> str:
    return next((known.currency for known in KNOWN_NETWORKS if known.name == network), "ETH")


def amount_of(approval: Approval) -> str:
    """Return for example `0.1 ETH to 0x… on mainnet (chain 1)`."""
    transaction = approval.transaction
    call = f" with the call {approval.decoded}" if approval.decoded else ""
    return (
        f"{readable_amount(int(transaction.value), currency_of(approval.network))} to {transaction.to}{call} "
        f"on {approval.network} (chain {transaction.chain_id})"
    )


def summary_of(approval: Approval) -> str:
    """Return the subject in a few words: `0.1 ETH to 0x…`, `25 “USDC” (token 0x…) to 0x…`, a right, or the call."""
    review, transaction = approval.review, approval.transaction
    gone = [each for each in review.changes if each.direction == "out"]
    given = [each for each in review.allowances if not each.revokes]
    if len(gone) == 1 and not given and not review.more_changes:
        return f"{change_in_words(gone[0])} to {gone[0].to}"
    if given:
        return f"the request by which {given[0].text.rstrip('.')}"
    value = readable_amount(int(transaction.value), currency_of(approval.network))
    if transaction.data == "0x":
        return f"{value} to {transaction.to}"
    name = (
        review.calls[0].function
        if review.calls and review.calls[0].function
        else f"0x{transaction.data[2:10]}"
    )
    beside = f" with {value}" if int(transaction.value) else ""
    return f"the call {name} of {transaction.to}{beside}"


def decoded_text(review: Review, data: bytes) -> str | None:
    """Return the dangers first, then the call: `transfer(to: 0x…, amount: 5)`. None for a plain payment without any."""
    dangers = [
        _danger(each.code == "unlimited_allowance", each.text)
        for each in review.warnings
        if each.severity == "danger"
    ]
    if not review.calls or not (data or dangers):
        return None
    return one_line(" ".join([*dangers, _call_text(review.calls[0], data)]), DECODED_LIMIT)


def simulation_text(review: Review) -> str:
    """An unknown outcome is never described as harmless."""
    fee = (
        f" About {review.fee.gas} gas, a fee of {review.fee.formatted} {review.fee.currency}."
        if review.fee
        else ""
    )
    if review.outcome == "unknown":
        return f"WHAT IT MOVES IS NOT KNOWN. {review.reason or ''}{fee}".strip()
    if review.outcome == "nothing":
        return f"Simulated for your account: nothing moves, as far as its logs tell.{fee}"
    moves = [
        f"{change_in_words(each)} from {each.sender} to {each.to}" for each in review.changes[:MOST_MOVES]
    ]
    more = len(review.changes) - len(moves) + review.more_changes
    rest = f"; and {counted(more, 'more movement')}, not shown here" if more else ""
    return f"Simulated for your account. Moves {'; '.join(moves)}{rest}.{fee}"


def _danger(is_unlimited: bool, text: str) -> str:
    return f"UNLIMITED ALLOWANCE: {text}" if is_unlimited else f"DANGER: {text}"


def _call_text(call: ReviewedCall, data: bytes) -> str:
    if call.function is None and call.understood:
        return f"a payment to {call.to}"
    if call.function is None and not data:
        return f"a call of {call.to} that is not known"
    if call.function is None:
        return (
            f"unknown function 0x{data[:4].hex()} with {counted(max(0, len(data) - 4), 'byte')} of arguments"
        )
    arguments = ", ".join(f"{each.name or each.type}: {each.value}" for each in call.arguments)
    inner = f" calling {'; '.join(_call_text(each, b'') for each in call.inner)}" if call.inner else ""
    return f"{call.function}({arguments}){inner}"


def change_in_words(change: ReviewChange) -> str:
    """A token is identified by its address. Its symbol is only the contract's statement, so an unusual one is not
    repeated.
    """
    if change.standard == "native":
        return f"{grouped(change.formatted or '')} {change.symbol}"
    if change.standard == "erc721":
        return f"the token {change.amount} of {change.asset}"
    amount = grouped(change.amount or "unknown")
    if change.token_id is not None:
        return f"{counted(amount, 'unit')} of the token {change.token_id} of {change.asset}"
    if change.symbol and change.formatted:
        return f"{grouped(change.formatted)} “{change.symbol}” (token {change.asset})"
    return f"{counted(amount, 'base unit')} of the token {change.asset}"

"""Tokens that call themselves by the name of a known token, or of the chain's own coin, and are another one."""

from __future__ import annotations

from collections.abc import Iterator

from forge.models.wallet_review import ReviewWarning
from worker.agent.wallet.review.findings import Found
from worker.agent.wallet.review.token_symbols import Imitated, imitated
from worker.ethereum.addresses import checksummed


def false_name_warnings(found: Found) -> list[ReviewWarning]:
    """What arrives under a false name is a danger, because the person pays for it. Each token is named once."""
    facts = found.facts
    warnings: dict[str, ReviewWarning] = {}
    for token, symbol, arrives in _named_tokens(found):
        known = imitated(symbol, token, facts.chain_id, facts.coin)
        if known and token.lower() not in warnings:
            warnings[token.lower()] = _warning(found, token, known, arrives=arrives)
    return list(warnings.values())


def _named_tokens(found: Found) -> Iterator[tuple[str, str | None, bool]]:
    """Return each token and its symbol, and whether it arrives. What arrives comes first."""
    changes = found.simulation.asset_changes or [] if found.simulation else []
    moved = [each for each in changes if each.standard != "native"]
    sender = (found.sender or "").lower()
    arrives = [each for each in moved if each.to.lower() == sender != each.sender.lower()]
    leaves = [each for each in moved if each.sender.lower() == sender]
    yield from ((each.asset, each.symbol, True) for each in arrives)
    yield from ((each.asset, each.symbol, False) for each in leaves)
    yield from ((each.token.address, each.token.symbol, False) for each in found.facts.tokens.values())


def _warning(found: Found, token: str, known: Imitated, *, arrives: bool) -> ReviewWarning:
    network = found.request.chain.expected.title
    where = " and ".join(known.addresses)
    real = f"the {known.symbol} ({where})" if where else f"the coin {known.symbol}"
    text = f"The token {checksummed(token)} calls itself {known.symbol}, or looks so, and is not {real} of {network}."
    return ReviewWarning(code="false_name", severity="danger" if arrives else "caution", text=text)

"""Addresses that look like each other. A fraud makes one whose first and last digits are those of an address that the
person knows, and places it where the agent reads it; whoever compares only the ends signs a payment to the fraud.

The page compares again (`frontend/page/look_alikes.js`), because a message may name an address after the review.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from forge.models.wallet_review import Allowance, ReviewChange, ReviewWarning
from worker.agent.wallet.review.argument_paths import addresses
from worker.agent.wallet.review.call_nodes import Node
from worker.ethereum.addresses import checksummed

SAME_DIGITS = 3
"""Digits that are the same at both ends of two addresses that look alike. One pair in 17 million is so by chance."""
_ADDRESS = re.compile(r"0[xX](?:0{24})?([0-9a-fA-F]{40})(?![0-9a-fA-F])")
"""An address, or one that is filled up with zeros to a word, as the logs of transactions have it."""


def addresses_in(texts: Iterable[str]) -> list[str]:
    """Return every address, each once, in the order of the texts."""
    found = (f"0x{digits}" for text in texts for digits in _ADDRESS.findall(text))
    return list({address.lower(): address for address in found}.values())


def parties_of(
    nodes: Iterable[Node],
    changes: Sequence[ReviewChange],
    allowances: Sequence[Allowance],
    recipients: Sequence[str],
) -> list[str]:
    """Return who gets something: what is called, whom the calls name, who receives, who may take; and the tokens that
    move or may be taken. `nodes` are all calls, also those for which the card has no room.
    """
    named = (address for node in nodes for address in _named_by(node))
    receivers = (change.to for change in changes if change.direction == "out")
    given = [allowance for allowance in allowances if not allowance.revokes]
    takers = (allowance.spender for allowance in given)
    tokens = [*(change.asset for change in changes), *(allowance.token for allowance in given)]
    parties = [*recipients, *named, *receivers, *takers, *(each for each in tokens if each)]
    return list({each.lower(): each for each in parties}.values())


def look_alike_warnings(parties: Sequence[str], known: Iterable[str]) -> list[ReviewWarning]:
    """Return a danger for each party that looks like a known address; the first of these is named."""
    by_ends: dict[str, list[str]] = {}
    for address in known:
        by_ends.setdefault(_ends(address), []).append(address)
    return [
        _warning(party, other)
        for party in parties
        if (other := next((each for each in by_ends.get(_ends(party), []) if _differ(each, party)), None))
    ]


def _named_by(node: Node) -> Iterator[str]:
    if node.to:
        yield node.to
    if node.meaning and node.values:
        yield from addresses(node.meaning.signature.inputs, node.values)


def _ends(address: str) -> str:
    digits = address[2:].lower()
    return digits[:SAME_DIGITS] + digits[-SAME_DIGITS:]


def _differ(address: str, other: str) -> bool:
    return address.lower() != other.lower()


def _warning(party: str, known: str) -> ReviewWarning:
    made = "somebody may have made it to be taken for that one"
    text = f"{checksummed(party)} only looks like {known}. It is another address: {made}."
    return ReviewWarning(code="look_alike", severity="danger", text=text)

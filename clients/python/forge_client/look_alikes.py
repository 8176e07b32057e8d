"""Addresses that look like each other. A fraud makes one whose first and last digits are those of an address that the
person knows; whoever compares only the ends signs a payment to the fraud.

The server (`worker/agent/wallet/review/look_alikes.py`) compares when it makes the request and when it binds it. This
compares with what has been said since.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from forge_client.frames import Message
from forge_client.wallet_requests import Approval, ReviewWarning

SAME_DIGITS = 3
"""Digits that are the same at both ends of two addresses that look alike. One pair in 17 million is so by chance."""
_ADDRESS = re.compile(r"0[xX](?:0{24})?([0-9a-fA-F]{40})(?![0-9a-fA-F])")
"""An address, or one that is filled up with zeros to a word, as the logs of transactions have it."""


def addresses_in(messages: Iterable[Message]) -> list[str]:
    """Return every address that the messages name, in their texts and in the tools' arguments."""
    found = (f"0x{digits}" for message in messages for digits in _ADDRESS.findall(_text_of(message)))
    return list(dict.fromkeys(found))


def with_look_alikes(approval: Approval, known: Sequence[str]) -> Approval:
    """Return the request with one danger more for each address of it that looks like a known one."""
    told = {warning.text.lower() for warning in approval.review.warnings}
    added = [each for each in _warnings(approval, known) if each.text.lower() not in told]
    if not added:
        return approval
    review = approval.review.model_copy(update={"warnings": [*added, *approval.review.warnings]})
    return approval.model_copy(update={"review": review})


def looks_like(known: str, other: str) -> bool:
    known, other = known.lower(), other.lower()
    return known != other and _ends(known) == _ends(other)


def _warnings(approval: Approval, known: Sequence[str]) -> Iterator[ReviewWarning]:
    for party in {each.lower(): each for each in _parties(approval)}.values():
        other = next((each for each in known if looks_like(each, party)), None)
        if other is not None:
            made = "somebody may have made it to be taken for that one"
            text = f"{party} only looks like {other}. It is another address: {made}."
            yield ReviewWarning(code="look_alike", severity="danger", text=text)


def _parties(approval: Approval) -> Iterator[str]:
    """Yield who gets something by a request: what is called, who receives, who may take; and the tokens of it."""
    review = approval.review
    yield approval.to
    yield from (call.to for call in approval.calls)
    if review.recipient:
        yield review.recipient
    yield from (change.to for change in review.changes if change.direction == "out")
    given = [allowance for allowance in review.allowances if not allowance.revokes]
    yield from (allowance.spender for allowance in given)
    tokens = [*(change.asset for change in review.changes), *(allowance.token for allowance in given)]
    yield from (token for token in tokens if token)


def _text_of(message: Message) -> str:
    arguments = message.tool.arguments if message.tool else None
    return f"{message.content} {json.dumps(arguments, ensure_ascii=False)}"


def _ends(address: str) -> str:
    digits = address[2:]
    return digits[:SAME_DIGITS] + digits[-SAME_DIGITS:]

"""Pending wallet requests in the hot item, including those that another version wrote in its own form.

A request whose meaning this version does not know is not shown, but kept byte for byte for versions that know it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from pydantic import ValidationError

from forge.dynamodb.codec import Item
from forge.errors import InvalidRequest
from forge.models.approval import Approval, ForeignApproval, Report
from forge.models.ask import Ask
from forge.models.doubt import Doubt, ForeignDoubt
from forge.store.stored.lenient_reading import lenient
from forge.store.stored.unreadable_items import note_unreadable


def asks_of(item: Item) -> list[Ask]:
    """A request that cannot be read can never be allowed, so it is left out."""
    found = [lenient(Ask, text) for text in item.get("asks", [])]
    if None in found:
        note_unreadable({**item, "sk": "ask"})
    return [ask for ask in found if ask]


def strangers_of(item: Item) -> list[str]:
    """Return the tools whose results have brought text from strangers into the conversation."""
    return [str(each) for each in item.get("strangers", [])]


def doubts_of(item: Item) -> list[Doubt]:
    """A doubt that cannot be read counts, because its transaction may have been sent all the same."""
    found = [_doubt(str(text), item["last_activity_at"]) for text in item.get("doubts", [])]
    if any(isinstance(each, ForeignDoubt) for each in found):
        note_unreadable({**item, "sk": "doubt"})
    return found


def _doubt(text: str, at: int) -> Doubt:
    try:
        return Doubt.model_validate_json(text)
    except ValidationError:
        return ForeignDoubt(stored=text, reports=[Report(outcome="unknown", at=at)])


APPROVALS_LIMIT = 128_000
"""Maximum bytes of all pending approvals of a session, because the hot item must stay below 400 KB."""

_OF_WALLETS = frozenset({"claim", "reported"})
"""The fields that record which wallets had an approval. If they were dropped, it would look as if no wallet ever had
it.
"""
_FORM = frozenset({"form"})


def read_approvals(item: Item) -> tuple[list[Approval], list[ForeignApproval]]:
    """Return the requests that can be shown and those that must be kept unread. All others are left out."""
    texts = [text for text in item["approvals"] if isinstance(text, str)]
    found = [_approval(text) for text in texts]
    if len(texts) < len(item["approvals"]) or not all(isinstance(each, Approval) for each in found):
        note_unreadable({**item, "sk": "approval"})
    return (
        [each for each in found if isinstance(each, Approval)],
        [each for each in found if isinstance(each, ForeignApproval)],
    )


def _approval(text: str) -> Approval | ForeignApproval | None:
    """If only the record of wallets cannot be read, the transaction may have been sent, so the approval gets a report
    that says so.
    """
    found = lenient(Approval, text, whole=_OF_WALLETS | _FORM)
    asked = found or lenient(Approval, text, whole=_FORM)
    if found or asked is None:
        return found or _foreign(text)
    reported = [*asked.reported, Report(outcome="unknown", at=asked.created_at)]
    return asked.model_copy(update={"reported": reported})


def _foreign(text: str) -> ForeignApproval | None:
    """Return None for data that no version can have written: every version has stored the end in the same field."""
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    end = cast("dict[str, Any]", data).get("expires_at") if isinstance(data, dict) else None
    return ForeignApproval(stored=text, expires_at=end) if type(end) is int else None


def stored_approvals(approvals: Sequence[Approval], foreign: Sequence[ForeignApproval]) -> list[str]:
    texts = [*(each.model_dump_json() for each in approvals), *(each.stored for each in foreign)]
    if sum(len(text.encode()) for text in texts) > APPROVALS_LIMIT:
        raise InvalidRequest("The pending wallet requests are too large to be stored.")
    return texts

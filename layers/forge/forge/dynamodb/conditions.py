"""A condition that did not hold, and the only translation of botocore's errors that report it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from forge.aws import RETRY_AFTER_SECONDS, code_of
from forge.dynamodb.codec import Item, decode_item
from forge.errors import StorageUnavailable

_CONFLICTS = frozenset(
    {"TransactionConflictException", "TransactionInProgressException", "TransactionConflict"}
)
_TOO_LARGE = "exceeded the maximum allowed size"
_THROTTLED = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})


class ConditionFailed(Exception):
    """A condition did not hold. `item` is the item that it checked, `None` if there is none; `index` is the item's
    place in the transaction.
    """

    def __init__(self, item: Item | None, index: int = 0) -> None:
        super().__init__("condition not met")
        self.item = item
        self.index = index


class Unfit(Exception):
    """The stored item does not have the form that a change needs: an attribute is missing or has another type."""


class TooLarge(Unfit):
    """The item would be larger than DynamoDB allows (400 KB)."""


class Conflict(Exception):
    """Another transaction held the item briefly; nothing was written."""


@contextmanager
def refusals() -> Generator[None]:
    """Raise `ConditionFailed` for a failed condition and `Conflict` for a conflict of two transactions.

    An expression that DynamoDB cannot apply to the stored item raises `Unfit`, one that would make it too large
    `TooLarge`.
    """
    try:
        yield
    except ClientError as error:
        if code_of(error) == "ConditionalCheckFailedException":
            raise ConditionFailed(_item(error.response)) from None
        if code_of(error) in _CONFLICTS:
            raise Conflict from error
        if code_of(error) == "ValidationException":
            raise _unfit([error.response.get("Error", {}).get("Message")]) from error
        if code_of(error) == "TransactionCanceledException":
            _cancelled(error)
        raise


def _cancelled(error: ClientError) -> None:
    response: Any = error.response
    reasons = response.get("CancellationReasons", [])
    for index, reason in enumerate(reasons):
        if reason.get("Code") == "ConditionalCheckFailed":
            raise ConditionFailed(_item(reason), index) from None
    codes = {reason.get("Code") for reason in reasons}
    if codes & _CONFLICTS:
        raise Conflict
    if "ValidationError" in codes:
        raise _unfit([reason.get("Message") for reason in reasons]) from error
    if codes & _THROTTLED:
        raise StorageUnavailable("The table is overloaded.", retry_after=RETRY_AFTER_SECONDS)


def _unfit(messages: Sequence[str | None]) -> Unfit:
    """DynamoDB has no code of its own for an item that is too large, only words."""
    return TooLarge() if any(_TOO_LARGE in (message or "") for message in messages) else Unfit()


def _item(response: Any) -> Item | None:
    return decode_item(response["Item"]) if response.get("Item") else None

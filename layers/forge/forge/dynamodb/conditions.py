"""A condition that did not hold, and the one translation of the vendor's ways to say so."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from forge.aws import RETRY_AFTER_SECONDS, code_of
from forge.dynamodb.codec import Item, decode_item
from forge.errors import StorageUnavailable

_CONFLICTS = frozenset(
    {"TransactionConflictException", "TransactionInProgressException", "TransactionConflict"}
)
_THROTTLED = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})


class ConditionFailed(Exception):
    """A condition did not hold. `item` is the item it was asked of, `None` if there is none; `index` its place."""

    def __init__(self, item: Item | None, index: int = 0) -> None:
        super().__init__("condition not met")
        self.item = item
        self.index = index


class Unfit(Exception):
    """The stored item has not the form that a change needs (an attribute is missing, or of another kind)."""


class Conflict(Exception):
    """Another transaction held the item for a moment; nothing was written."""


@contextmanager
def refusals() -> Generator[None]:
    """A condition that did not hold becomes `ConditionFailed`, a meeting of two transactions `Conflict`.

    An expression that cannot be applied to the item that is stored becomes `Unfit`.
    """
    try:
        yield
    except ClientError as error:
        if code_of(error) == "ConditionalCheckFailedException":
            raise ConditionFailed(_item(error.response)) from None
        if code_of(error) in _CONFLICTS:
            raise Conflict from error
        if code_of(error) == "ValidationException":
            raise Unfit from error
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
        raise Unfit from error
    if codes & _THROTTLED:
        raise StorageUnavailable("the table is overloaded.", retry_after=RETRY_AFTER_SECONDS)


def _item(response: Any) -> Item | None:
    return decode_item(response["Item"]) if response.get("Item") else None

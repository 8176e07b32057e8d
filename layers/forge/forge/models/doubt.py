"""What stays in doubt of a wallet request that is used up: whether its transaction was sent, or still will be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from forge.models.approval import Address, Approval, Report, WalletTransaction


class Doubt(BaseModel):
    """A transaction that may have been sent although its request is used up, so asking for it again may pay twice.

    A version that changes the meaning of a field increases `form`; versions that do not know that form have a
    `ForeignDoubt`. Fields that are only added are kept by versions that do not know them.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    form: Literal[1] = 1
    """The version of the fields' meaning."""
    calls_digest: str
    """The digest of the transaction without its sender."""
    account: Address | None = None
    """The account that may have sent it, if it is known."""
    reports: Annotated[list[Report], Field(min_length=1)]
    """What a new request for the same transaction begins with."""

    def is_about(self, transaction: WalletTransaction) -> bool:
        return transaction.may_be(self.calls_digest, self.account)

    def subject(self) -> tuple[str, str | None]:
        """Return what is in doubt: the transaction and its account."""
        return self.calls_digest, self.account and self.account.lower()

    def as_stored(self) -> str:
        """Return the doubt as JSON text."""
        return self.model_dump_json()


class ForeignDoubt(Doubt):
    """A doubt in a form that is not known here. It may be about any transaction, and is kept as it is stored."""

    calls_digest: str = ""
    """Not known."""
    stored: str
    """What is stored."""

    def is_about(self, transaction: WalletTransaction) -> bool:
        return True

    def subject(self) -> tuple[str, str | None]:
        return self.stored, None

    def as_stored(self) -> str:
        return self.stored


DOUBTS_LIMIT = 20
"""Maximum doubts of a session. A new one replaces the oldest."""
REPORTS_LIMIT = 10
"""Maximum reports of one request, and of one doubt. A new one replaces the oldest."""


def with_doubts(before: Sequence[Doubt], added: Sequence[Doubt]) -> list[Doubt]:
    """Return one doubt for each transaction of an account, with all its reports. The newest is last."""
    found: dict[tuple[str, str | None], Doubt] = {}
    for each in [*before, *added]:
        known = found.pop(each.subject(), None)
        reports = newest_reports([*(known.reports if known else []), *each.reports])
        found[each.subject()] = (known or each).model_copy(update={"reports": reports})
    return list(found.values())[-DOUBTS_LIMIT:]


def newest_reports(reports: Sequence[Report]) -> list[Report]:
    """Return the last report of each transaction hash. The newest is last."""
    found: dict[str | None, Report] = {}
    for each in reports:
        found.pop(each.transaction_hash, None)
        found[each.transaction_hash] = each
    return list(found.values())[-REPORTS_LIMIT:]


def reports_with(approval: Approval, report: Report) -> list[Report]:
    """Return the request's reports with its own new one. Clocks differ, and a report from before the request is of an
    earlier one.
    """
    own = report.model_copy(update={"at": max(report.at, approval.created_at)})
    return newest_reports([*approval.reported, own])


def with_earlier_reports(approval: Approval, doubts: Sequence[Doubt]) -> Approval:
    """Return the request with what is reported of used-up requests for the same transaction, as of before its time."""
    before = approval.created_at - 1
    found = [each for doubt in doubts if doubt.is_about(approval.transaction) for each in doubt.reports]
    earlier = [each.model_copy(update={"at": min(each.at, before)}) for each in found]
    return approval.model_copy(update={"reported": newest_reports([*approval.reported, *earlier])})

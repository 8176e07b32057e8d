"""The wei that the agent's own transactions move, counted before a transaction is sent.

One write charges the session and its owner exactly, even under concurrency. The deployment is charged in blocks
(`forge.store.limits.daily_counter`), so that not every transaction has to write the same item.
"""

from __future__ import annotations

from dataclasses import dataclass

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import DayUsedUp, LeaseLost, SpendingCapReached
from forge.models.session_key import ANONYMOUS
from forge.models.spending_caps import SendingCaps, Spending
from forge.models.timing import LEASE_MS
from forge.models.work import Lease
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.limits.daily_counter import DAY_MS, DailyCounter, date_of
from forge.store.limits.daily_limits import DailyLimits
from forge.store.running.claim import lease_of
from forge.store.running.fenced_runs import fenced, is_held, lost_when_unreadable

_KEPT_SECONDS = 3 * 86_400


@dataclass(frozen=True, slots=True)
class TableSpending:
    """Implements `forge.ports.runs.Spendings`."""

    table: Table
    """The DynamoDB table."""
    clock: Clock
    """The time in epoch milliseconds."""
    daily_limits: DailyLimits
    """The daily limits of the whole deployment, for the number of transactions."""
    wei: DailyCounter
    """The deployment's daily limit of wei."""

    def begin(self, wei: int, caps: SendingCaps, payer: str = "") -> Spending:
        spending = Spending(wei, caps, self.clock() // DAY_MS, payer)
        self.daily_limits.spend("sends", caller=payer)
        if wei and caps.deployment is not None:
            try:
                self.wei.spend(wei, caps.deployment)
            except DayUsedUp:
                self.daily_limits.give_back("sends", 1, spending.day, caller=payer)
                raise SpendingCapReached("deployment") from None
        return spending

    def cancel(self, spending: Spending) -> None:
        self.daily_limits.give_back("sends", 1, spending.day, caller=spending.payer)
        if spending.wei and spending.caps.deployment is not None:
            self.wei.give_back(spending.wei, spending.day, spending.caps.deployment)

    def charge(self, lease: Lease, spending: Spending, mark: str) -> Lease:
        return self._add(lease, spending, spending.wei, mark)

    def give_back(self, lease: Lease, spending: Spending, mark: str) -> Lease:
        return self._add(lease, spending, -spending.wei, mark)

    def _add(self, lease: Lease, spending: Spending, wei: int, mark: str) -> Lease:
        caps, now = spending.caps, self.clock()
        if caps.session is not None and wei > caps.session:
            raise SpendingCapReached("session")
        if caps.owner is not None and wei > caps.owner:
            raise SpendingCapReached("owner")
        change = fenced(lease, _of_session(wei, caps.session, mark, now), now)
        owners = _of_owner(lease, spending, wei, now)
        try:
            with lost_when_unreadable():
                return self._write(lease, change, owners)
        except ConditionFailed as refused:
            return _again(refused, lease, mark)

    def _write(
        self, lease: Lease, change: ConditionalWrite, owners: tuple[keys.Key, ConditionalWrite] | None
    ) -> Lease:
        """A transaction does not return the items it wrote, so the session is read after it."""
        key = keys.hot(lease.key)
        if owners is None:
            return lease_of(self.table.update(key, change))
        self.table.transact([self.table.updating(key, change), self.table.updating(*owners)])
        return _held(self.table.get(key), lease)


def _of_session(wei: int, most: int | None, mark: str, now: int) -> ConditionalWrite:
    change = (
        ConditionalWrite()
        .set(lease_until=now + LEASE_MS, spend_mark=mark)
        .assign("spent = if_not_exists(spent, :zero) + :amount", zero=0, amount=wei)
        .assign("rev = rev + :one", one=1)
        .when("attribute_not_exists(spend_mark) OR spend_mark <> :spend_mark")
    )
    if most is not None:
        change.when("attribute_not_exists(spent) OR spent <= :room", room=most - wei)
    return change


def _of_owner(
    lease: Lease, spending: Spending, wei: int, now: int
) -> tuple[keys.Key, ConditionalWrite] | None:
    """Charge the owner on the day on which the transaction began. The user of this computer has no owner total."""
    most, owner = spending.caps.owner, _owner(lease)
    if most is None or owner is None:
        return None
    change = ConditionalWrite().add("used", wei).set(expires_at=now // 1_000 + _KEPT_SECONDS)
    change.when("attribute_not_exists(used) OR used <= :room", room=most - wei)
    return keys.single("spending", f"{date_of(spending.day)}#{owner}"), change


def _owner(lease: Lease) -> str | None:
    if lease.key.owner != ANONYMOUS:
        return f"owner#{lease.key.owner}"
    payer = lease.run.submission.payer
    return f"payer#{payer}" if payer else None


def _again(refused: ConditionFailed, lease: Lease, mark: str) -> Lease:
    """The worker repeats a charge whose response was lost. The repeat must recognise that the charge has been made."""
    if refused.index:
        raise SpendingCapReached("owner")
    held = _held(refused.item, lease)
    if (refused.item or {}).get("spend_mark") == mark:
        return held
    raise SpendingCapReached("session")


def _held(item: Item | None, lease: Lease) -> Lease:
    if item is None or not is_held(item, lease):
        raise LeaseLost
    with lost_when_unreadable():
        return lease_of(item)

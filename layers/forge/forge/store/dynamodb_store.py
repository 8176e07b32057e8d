"""Opening the store. The composition roots call this."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from forge import aws
from forge.dynamodb.table import Table
from forge.settings import Settings
from forge.store.config import StoreConfig

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from forge.ports.clock import Clock
    from forge.ports.controls import Commands, Controls
    from forge.ports.queue import DeliveryFailures
    from forge.ports.requests import Admission, OpenStreams, Tickets, Waits
    from forge.ports.runs import Inbox, Journal, Recovery, Runs, Spendings
    from forge.ports.sessions import Accounts, Approvals, Expiry, Sessions
    from forge.ports.tool_pins import OperatorPins
    from forge.store.limits.daily_limits import DailyLimits

Made = TypeVar("Made")
StorePart = Literal[
    "accounts",
    "admission",
    "approvals",
    "commands",
    "controls",
    "delivery_failures",
    "expiry",
    "inbox",
    "journal",
    "open_streams",
    "pins",
    "recovery",
    "runs",
    "sessions",
    "spendings",
    "tickets",
    "waits",
]


class _Part(Generic[Made]):
    """A part of the store. The first thread that uses it imports and makes it; other threads wait for that."""

    def __init__(self, make: Callable[[Store], Made]) -> None:
        self._make = make

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, store: Store, _owner: type) -> Made:
        with store.making:
            if self._name not in store.__dict__:
                # From now on Python finds the attribute without calling this descriptor.
                store.__dict__[self._name] = self._make(store)
            return store.__dict__[self._name]


class Store:
    """All store ports, over one table and one thread-safe client."""

    def __init__(self, table: Table, config: StoreConfig, clock: Clock) -> None:
        self._table, self._config, self._clock = table, config, clock
        self.making = RLock()

    @_Part
    def accounts(self) -> Accounts:
        from forge.store.endings.account_sessions import TableAccounts

        return TableAccounts(self._table, self._config, self._clock)

    @_Part
    def admission(self) -> Admission:
        from forge.store.limits.request_rates import TableAdmission

        return TableAdmission(self._table, self._config, self._clock, self._daily_limits)

    @_Part
    def sessions(self) -> Sessions:
        from forge.store.sessions import TableSessions
        from forge.store.stored.recent_messages import RecentMessages

        recent = RecentMessages()
        return TableSessions(self._table, self._config, self._clock, self._daily_limits, recent)

    @_Part
    def inbox(self) -> Inbox:
        from forge.store.inbox import TableInbox

        return TableInbox(self._table, self._config, self._clock, self._daily_limits)

    @_Part
    def recovery(self) -> Recovery:
        from forge.store.running.recovery import TableRecovery

        return TableRecovery(self._table, self._config, self._clock)

    @_Part
    def approvals(self) -> Approvals:
        from forge.store.approval_claims import TableApprovals

        return TableApprovals(self._table, self._clock)

    @_Part
    def controls(self) -> Controls:
        from forge.store.controls import TableControls

        return TableControls(self._table, self._clock)

    @_Part
    def open_streams(self) -> OpenStreams:
        from forge.errors import TooManyStreams
        from forge.store.limits.open_streams import TablePlaces

        most = self._config.caller_streams
        return TablePlaces(self._table, self._clock, "streams", most, lambda: TooManyStreams(retry_after=60))

    @_Part
    def waits(self) -> Waits:
        from forge.store.limits.waiting_requests import TableWaits

        return TableWaits(self._table, self._clock, self._config.waits)

    @_Part
    def runs(self) -> Runs:
        from forge.store.running.fenced_runs import TableRuns

        return TableRuns(self._table, self._config, self._clock, self._daily_limits)

    @_Part
    def spendings(self) -> Spendings:
        from forge.store.limits.daily_counter import DailyCounter
        from forge.store.running.spending_totals import TableSpending

        wei = DailyCounter(self._table, self._clock, "wei")
        return TableSpending(self._table, self._clock, self._daily_limits, wei)

    @_Part
    def journal(self) -> Journal:
        from forge.store.running.call_journal import TableJournal

        return TableJournal(self._table, self._config, self._clock)

    @_Part
    def commands(self) -> Commands:
        from forge.store.commands import TableCommands

        return TableCommands(self._table, self._clock)

    @_Part
    def delivery_failures(self) -> DeliveryFailures:
        from forge.store.running.delivery_failures import TableDeliveryFailures

        return TableDeliveryFailures(self._table, self._clock)

    @_Part
    def pins(self) -> OperatorPins:
        from forge.store.tool_pins import TablePins

        return TablePins(self._table)

    @_Part
    def tickets(self) -> Tickets:
        from forge.store.ticket_items import TableTickets

        return TableTickets(self._table)

    @_Part
    def expiry(self) -> Expiry:
        from forge.store.endings.after_expiry import TableExpiry

        return TableExpiry(self._table, self._clock)

    @_Part
    def _daily_limits(self) -> DailyLimits:
        from forge.store.limits.daily_limits import DailyLimits

        return DailyLimits(self._table, self._config, self._clock)


def system_clock() -> int:
    return time.time_ns() // 1_000_000


def open_store(
    settings: Settings, clock: Clock = system_clock, client: DynamoDBClient | None = None
) -> Store:
    """Each part is imported on its first use, so that a function's cold start loads only what the function needs."""
    table = Table(client or aws.client("dynamodb"), settings.forge_table)
    return Store(table, StoreConfig.of(settings), clock)

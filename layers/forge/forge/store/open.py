"""Opening the store: what composition roots call."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forge import aws
from forge.dynamodb.table import Table
from forge.ports import (
    Accounts,
    Admission,
    Approvals,
    Clock,
    Commands,
    Controls,
    Expiry,
    Faults,
    Inbox,
    Journal,
    OpenStreams,
    Pins,
    Recovery,
    Runs,
    Sessions,
    Spendings,
    Tickets,
)
from forge.settings import Settings
from forge.store.accounts import TableAccounts
from forge.store.admission import TableAdmission
from forge.store.approvals import TableApprovals
from forge.store.commands import TableCommands
from forge.store.config import StoreConfig
from forge.store.controls import TableControls
from forge.store.expire import TableExpiry
from forge.store.faults import TableFaults
from forge.store.inbox import TableInbox
from forge.store.journal import TableJournal
from forge.store.open_streams import TableOpenStreams
from forge.store.pins import TablePins
from forge.store.recovery import TableRecovery
from forge.store.roofs import DailyRoof, DailyRoofs
from forge.store.runs import TableRuns
from forge.store.sessions import TableSessions
from forge.store.spending import TableSpending
from forge.store.tickets import TableTickets

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Store:
    """Every store port, over one table and one thread-safe client."""

    accounts: Accounts
    admission: Admission
    sessions: Sessions
    inbox: Inbox
    recovery: Recovery
    approvals: Approvals
    controls: Controls
    open_streams: OpenStreams
    runs: Runs
    spendings: Spendings
    journal: Journal
    commands: Commands
    faults: Faults
    pins: Pins
    tickets: Tickets
    expiry: Expiry


def system_clock() -> int:
    return time.time_ns() // 1_000_000


def open_store(
    settings: Settings, clock: Clock = system_clock, client: DynamoDBClient | None = None
) -> Store:
    table = Table(client or aws.client("dynamodb"), settings.forge_table)
    config = StoreConfig.of(settings)
    roofs = DailyRoofs(table, config, clock)
    return Store(
        accounts=TableAccounts(table, config, clock),
        admission=TableAdmission(table, config, clock, roofs),
        sessions=TableSessions(table, config, clock, roofs),
        inbox=TableInbox(table, config, clock, roofs),
        recovery=TableRecovery(table, config, clock),
        approvals=TableApprovals(table, clock),
        controls=TableControls(table, clock),
        open_streams=TableOpenStreams(table, config, clock),
        runs=TableRuns(table, config, clock, roofs),
        spendings=TableSpending(table, clock, roofs, DailyRoof(table, clock, "wei")),
        journal=TableJournal(table, config, clock),
        commands=TableCommands(table, clock),
        faults=TableFaults(table, clock),
        pins=TablePins(table),
        tickets=TableTickets(table),
        expiry=TableExpiry(table, clock),
    )

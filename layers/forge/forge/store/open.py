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
from forge.store.controls import TableControls
from forge.store.expire import TableExpiry
from forge.store.faults import TableFaults
from forge.store.inbox import TableInbox
from forge.store.journal import TableJournal
from forge.store.open_streams import TableOpenStreams
from forge.store.pins import TablePins
from forge.store.roofs import DailyRoof, DailyRoofs
from forge.store.runs import TableRuns
from forge.store.sessions import TableSessions
from forge.store.spending import TableSpending
from forge.store.terms import Terms
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
    terms = Terms.of(settings)
    roofs = DailyRoofs(table, terms, clock)
    return Store(
        accounts=TableAccounts(table, terms, clock),
        admission=TableAdmission(table, terms, clock, roofs),
        sessions=TableSessions(table, terms, clock, roofs),
        inbox=TableInbox(table, terms, clock, roofs),
        approvals=TableApprovals(table, clock),
        controls=TableControls(table, clock),
        open_streams=TableOpenStreams(table, terms, clock),
        runs=TableRuns(table, terms, clock, roofs),
        spendings=TableSpending(table, clock, roofs, DailyRoof(table, clock, "wei")),
        journal=TableJournal(table, terms, clock),
        commands=TableCommands(table, clock),
        faults=TableFaults(table, clock),
        pins=TablePins(table),
        tickets=TableTickets(table),
        expiry=TableExpiry(table, clock),
    )

"""The local queues in one SQLite file, with the guarantees of SQS for FIFO and standard queues, for one computer.

Each change is in the file before it is acknowledged, so a process that dies loses nothing. A loss of power may lose
the last moments; the table knows which runs wait, and `recover_runs` sends them again.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forge.ports.clock import Clock
from local_dev.aws.sqs.queue_tables import DEDUPLICATION_MS, LATEST, SCHEMA, SET_BACK


@dataclass(frozen=True, slots=True)
class Queue:
    """The template's settings of one queue."""

    name: str
    """The queue's name."""
    fifo: bool = False
    """True for a FIFO queue."""
    visibility: int = 30_000
    """The default visibility timeout, in milliseconds."""
    retention: int = 345_600_000
    """The time after which a message is deleted, in milliseconds."""
    delay: int = 0
    """The time before a sent message can be received, in milliseconds."""
    per_group: bool = False
    """True if messages are deduplicated within their message group only."""
    by_content: bool = False
    """True if the body's hash is the deduplication id of a message without one."""
    dead: str = ""
    """The name of the queue for messages that are received too often; empty if there is none."""
    most_receives: int = 0
    """The number of receives after which a message goes there; 0 if there is no such queue."""

    @classmethod
    def of(cls, name: str, properties: Mapping[str, Any]) -> Queue:
        policy: dict[str, Any] = properties.get("RedrivePolicy") or {}
        return cls(
            name=name,
            fifo=bool(properties.get("FifoQueue")),
            visibility=int(properties.get("VisibilityTimeout", 30)) * 1000,
            retention=int(properties.get("MessageRetentionPeriod", 345_600)) * 1000,
            delay=int(properties.get("DelaySeconds", 0)) * 1000,
            per_group=properties.get("DeduplicationScope") == "messageGroup",
            by_content=bool(properties.get("ContentBasedDeduplication")),
            dead=str(policy.get("deadLetterTargetArn", "")).rpartition(":")[2],
            most_receives=int(policy.get("maxReceiveCount", 0)),
        )


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it was received; times in epoch milliseconds."""

    id: int
    """The row's id in the file, which grows with every message."""
    message_id: str
    """The id that the sender got."""
    family: str
    """The message group; in a standard queue each message is its own group."""
    deduplication: str
    """The deduplication id; empty in a standard queue."""
    body: str
    """The text of the message."""
    sent: int
    """The time of sending."""
    receives: int
    """The number of receives, with this one."""
    first: int
    """The time of the first receive."""
    receipt: str
    """The receipt handle of this receive."""


class ReceiptExpired(Exception):
    """The receipt is invalid: the message is visible again, was deleted, or never existed."""


class Queues:
    """All queues in one file. An instance must not be used by several threads.

    The times are those of the computer's clock. When somebody sets it back, they are moved with it; otherwise what is
    held would stay held for as long.
    """

    def __init__(self, file: Path | str, clock: Clock) -> None:
        self._clock = clock
        self._sql = sqlite3.connect(file, isolation_level=None, timeout=5)
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute(
            "PRAGMA synchronous = OFF"
        )  # a process that dies loses nothing; a loss of power may
        self._sql.executescript(SCHEMA)
        self._latest: int = self._sql.execute(LATEST, (DEDUPLICATION_MS,)).fetchone()[0]

    def close(self) -> None:
        self._sql.close()

    def send(self, queue: Queue, body: str, group: str, deduplication: str) -> tuple[str, int]:
        """Return the message's id and sequence number; those of the first message if this one is a duplicate."""
        now = self._now()
        scope = group if queue.per_group else ""
        with self._sql:
            self._sql.execute("BEGIN IMMEDIATE")
            self._sql.execute("DELETE FROM sent WHERE until <= ?", (now,))
            self._sql.execute(
                "DELETE FROM message WHERE queue = ? AND sent < ?", (queue.name, now - queue.retention)
            )
            if deduplication and (known := self._known(queue, scope, deduplication)):
                return known
            message_id = str(uuid.uuid4())
            added = self._sql.execute(
                "INSERT INTO message (queue, message_id, family, deduplication, body, sent, visible)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (queue.name, message_id, group or message_id, deduplication, body, now, now + queue.delay),
            )
            sequence = added.lastrowid or 0
            if deduplication:
                row = (queue.name, scope, deduplication, message_id, sequence, now + DEDUPLICATION_MS)
                self._sql.execute("INSERT INTO sent VALUES (?, ?, ?, ?, ?, ?)", row)
        return message_id, sequence

    def receive(self, queue: Queue, most: int, visibility: int | None = None) -> list[Received]:
        """Receive messages. Messages of a group come in order, and none comes while an earlier one of the group is
        held.
        """
        now = self._now()
        with self._sql:
            self._sql.execute("BEGIN IMMEDIATE")
            if queue.dead and queue.most_receives:
                self._move_dead(queue, now)
            until = now + (queue.visibility if visibility is None else visibility)
            return [self._take(row, now, until) for row in self._free(queue, now, most)]

    def extend(self, queue: Queue, receipt: str, milliseconds: int) -> None:
        """Raises `ReceiptExpired`."""
        now = self._now()
        changed = self._sql.execute(
            "UPDATE message SET visible = ? WHERE queue = ? AND receipt = ? AND visible > ?",
            (now + milliseconds, queue.name, receipt, now),
        )
        if not changed.rowcount:
            raise ReceiptExpired

    def delete(self, queue: Queue, receipt: str) -> None:
        """Raises `ReceiptExpired`."""
        now = self._now()
        gone = self._sql.execute(
            "DELETE FROM message WHERE queue = ? AND receipt = ? AND visible > ?", (queue.name, receipt, now)
        )
        if not gone.rowcount:
            raise ReceiptExpired

    def holds(self, queue: Queue, receipt: str) -> bool:
        """Return whether the receipt is still valid."""
        row = self._sql.execute(
            "SELECT 1 FROM message WHERE queue = ? AND receipt = ? AND visible > ?",
            (queue.name, receipt, self._now()),
        ).fetchone()
        return row is not None

    def counts(self, queue: Queue) -> tuple[int, int]:
        """Return how many messages wait, and how many are held."""
        now = self._now()
        row = self._sql.execute(
            "SELECT count(*) FILTER (WHERE visible <= ?), count(*) FILTER (WHERE visible > ?)"
            " FROM message WHERE queue = ?",
            (now, now, queue.name),
        ).fetchone()
        return int(row[0]), int(row[1])

    def next_change(self, queue: Queue) -> int | None:
        """Return the time (epoch milliseconds) at which a held message becomes visible, unless somebody extends it."""
        row = self._sql.execute(
            "SELECT min(visible) FROM message WHERE queue = ? AND visible > ?", (queue.name, self._now())
        ).fetchone()
        return row[0]

    def _now(self) -> int:
        now = self._clock()
        if now < self._latest:
            back = self._latest - now
            with self._sql:  # a process that ended between them would move the times twice
                self._sql.execute("BEGIN IMMEDIATE")
                for statement in SET_BACK:
                    self._sql.execute(statement, {"now": now, "back": back, "kept": DEDUPLICATION_MS})
        self._latest = now
        return now

    def _known(self, queue: Queue, scope: str, deduplication: str) -> tuple[str, int] | None:
        return self._sql.execute(
            "SELECT message_id, sequence FROM sent WHERE queue = ? AND scope = ? AND deduplication = ?",
            (queue.name, scope, deduplication),
        ).fetchone()

    def _free(self, queue: Queue, now: int, most: int) -> Sequence[tuple[Any, ...]]:
        return self._sql.execute(
            "SELECT id, message_id, family, deduplication, body, sent, receives, first FROM message"
            " WHERE queue = ?1 AND family NOT IN (SELECT family FROM message WHERE queue = ?1 AND visible > ?2)"
            " ORDER BY id LIMIT ?3",
            (queue.name, now, most),
        ).fetchall()

    def _take(self, row: tuple[Any, ...], now: int, until: int) -> Received:
        identity, message_id, family, deduplication, body, sent, receives, first = row
        receipt = uuid.uuid4().hex
        self._sql.execute(
            "UPDATE message SET visible = ?, receives = receives + 1, first = coalesce(first, ?), receipt = ?"
            " WHERE id = ?",
            (until, now, receipt, identity),
        )
        return Received(
            identity, message_id, family, deduplication, body, sent, receives + 1, first or now, receipt
        )

    def _move_dead(self, queue: Queue, now: int) -> None:
        self._sql.execute(
            "UPDATE message SET queue = ?, receipt = NULL, receives = 0, first = NULL"
            " WHERE queue = ? AND receives >= ? AND visible <= ?",
            (queue.dead, queue.name, queue.most_receives, now),
        )

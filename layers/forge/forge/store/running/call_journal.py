"""The journal of a run: its LLM history, and the intent and result of each tool call."""

from __future__ import annotations

import uuid
import zlib
from dataclasses import dataclass
from typing import get_args

from forge.dynamodb.codec import Item, Key
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import LeaseLost
from forge.models.message import cut
from forge.models.work import CallKind, CallRecord, CallStatus, Lease
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.config import StoreConfig
from forge.store.running.fenced_runs import fenced
from forge.store.stored.lenient_reading import plain
from forge.store.stored.llm_history import chunks, read_entries
from forge.store.stored.unreadable_items import note_unreadable

UNREADABLE = (
    "The recorded outcome of this call cannot be read any more. It is unknown whether it took effect: "
    "verify before it is done again."
)


@dataclass(frozen=True, slots=True)
class TableJournal:
    table: Table
    """The DynamoDB table."""
    config: StoreConfig
    """The store's configuration."""
    clock: Clock
    """The time in epoch milliseconds."""

    def history(self, lease: Lease, first: int | None = None) -> list[bytes]:
        start = lease.session.history_start if first is None else first
        return read_entries(self.table, lease.session, start)

    def begin_call(
        self, lease: Lease, call_key: str, meta: dict[str, str], mark: str = ""
    ) -> tuple[CallStatus, CallRecord | None]:
        """The same transaction checks the fence, so that a fenced-off worker cannot start a side effect."""
        now = self.clock()
        item: Item = {
            **_key(lease, call_key),
            "call_state": "started",
            "meta": _cut(meta),
            "mark": mark,
            "started_at": now,
            "expires_at": self.config.lifetime.child_end(now),
        }
        unknown = ConditionalWrite().when("attribute_not_exists(pk)")
        try:
            self.table.transact(
                [
                    self.table.checking(keys.hot(lease.key), fenced(lease, ConditionalWrite(), now)),
                    self.table.putting(item, unknown),
                ]
            )
        except ConditionFailed as refused:
            if refused.index == 0 or refused.item is None:
                raise LeaseLost from None
            if record := self._record(refused.item):
                return "done", record
            if not mark or refused.item.get("mark") != mark:
                return "started", None
        return "new", None

    def call_record(self, lease: Lease, call_key: str) -> CallRecord | None:
        item = self.table.get(_key(lease, call_key))
        return self._record(item) if item else None

    def finish_call(
        self, lease: Lease, call_key: str, record: CallRecord, reading: dict[str, str] | None = None
    ) -> CallRecord:
        """The write is deliberately unfenced, so that a result is never lost, even if a fenced-off worker brings it."""
        now, key = self.clock(), _key(lease, call_key)
        first, *rest = chunks(record.value.encode())
        writing = uuid.uuid4().hex
        for number, body in enumerate(rest):
            self.table.put(
                {
                    **_chunk(key, writing, number),
                    "body": body,
                    "expires_at": self.config.lifetime.child_end(now),
                }
            )
        change = (
            ConditionalWrite()
            .set(call_state="done", record_kind=record.kind, record_value=first, ended_at=now)
            .set(record_writing=writing, record_chunks=len(rest))
        )
        if reading is None:
            change.when("call_state = :started", started="started")
        else:
            change.set(meta=_cut(reading), expires_at=self.config.lifetime.child_end(now))
            change.when("attribute_not_exists(pk) OR call_state = :started", started="started")
        if record.shown is not None:
            change.set(record_shown=cut(record.shown)[0])
        try:
            self.table.update(key, change)
        except ConditionFailed as refused:
            return (self._record(refused.item) if refused.item else None) or record
        return record

    def _record(self, item: Item) -> CallRecord | None:
        """Return the record of a call that has ended. If its result cannot be read, its outcome is unknown."""
        if item.get("call_state") != "done":
            return None
        try:
            return self._read(item)
        except (KeyError, TypeError, ValueError, zlib.error) as error:
            note_unreadable(item, error)
            return CallRecord("unknown", UNREADABLE)

    def _read(self, item: Item) -> CallRecord:
        packed: bytes = item["record_value"]
        for number in range(item.get("record_chunks", 0)):
            packed += (self.table.get(_chunk(item, item["record_writing"], number)) or {})["body"]
        if item["record_kind"] not in get_args(CallKind):
            raise ValueError("another kind")
        shown = plain(item.get("record_shown"), str, None)
        return CallRecord(item["record_kind"], zlib.decompress(packed).decode(), shown)


def _key(lease: Lease, call_key: str) -> Key:
    return keys.call(lease.key, lease.session.generation, lease.run_id, call_key)


def _cut(meta: dict[str, str]) -> dict[str, str]:
    return {name: cut(value)[0] for name, value in meta.items()}


def _chunk(key: Key, writing: str, number: int) -> Key:
    """A large result continues in further items. Each writer has its own items, and only those of the first writer
    count.
    """
    return {"pk": key["pk"], "sk": f"{key['sk']}#{writing}#{number:03d}"}

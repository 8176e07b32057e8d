"""What a run has done: its LLM history, and the intent and result of each tool call."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from forge.errors import LeaseLost
from forge.ports import CallRecord, CallStatus, Clock, Lease
from forge.store import keys
from forge.store.change import Change
from forge.store.codec import Item
from forge.store.entries import read_entries
from forge.store.keys import Key
from forge.store.runs import fenced
from forge.store.table import Refused, Table
from forge.store.terms import Terms


@dataclass(frozen=True, slots=True)
class TableJournal:
    table: Table
    terms: Terms
    clock: Clock

    def history(self, lease: Lease) -> list[bytes]:
        return read_entries(self.table, lease.session)

    def begin_call(
        self, lease: Lease, call_key: str, meta: dict[str, str]
    ) -> tuple[CallStatus, CallRecord | None]:
        """The fence is checked in the same transaction: a fenced-off worker cannot start a side effect."""
        now = self.clock()
        item: Item = {
            **_key(lease, call_key),
            "call_state": "started",
            "meta": meta,
            "started_at": now,
            "expires_at": self.terms.child_end(now),
        }
        unknown = Change().when("attribute_not_exists(pk)")
        try:
            self.table.transact(
                [
                    self.table.checking(keys.hot(lease.key), fenced(lease, Change())),
                    self.table.putting(item, unknown),
                ]
            )
        except Refused as refused:
            if refused.index == 0 or refused.item is None:
                raise LeaseLost from None
            record = _record(refused.item)
            return ("done", record) if record else ("started", None)
        return "new", None

    def finish_call(self, lease: Lease, call_key: str, record: CallRecord) -> CallRecord:
        """Unfenced on purpose: a result that exists is never lost, even when a fenced-off worker brings it."""
        change = (
            Change()
            .set(
                call_state="done", record_kind=record.kind, record_value=zlib.compress(record.value.encode())
            )
            .set(ended_at=self.clock())
            .when("call_state = :started", started="started")
        )
        try:
            self.table.update(_key(lease, call_key), change)
        except Refused as refused:
            return (_record(refused.item) if refused.item else None) or record
        return record


def _key(lease: Lease, call_key: str) -> Key:
    return keys.call(lease.key, lease.session.generation, lease.run_id, call_key)


def _record(item: Item) -> CallRecord | None:
    if item["call_state"] != "done":
        return None
    return CallRecord(kind=item["record_kind"], value=zlib.decompress(item["record_value"]).decode())

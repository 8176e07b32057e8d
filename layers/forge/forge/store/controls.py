"""Control items: what connections and requests ask of a session's run, without touching the hot item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forge.models.ids import SessionKey
from forge.models.session import Connection, Control
from forge.ports import Clock
from forge.store import keys as layout
from forge.store.change import Change
from forge.store.codec import Item
from forge.store.items import alive
from forge.store.lenient import plain
from forge.store.refusal import Unfit
from forge.store.table import Table
from forge.store.terms import CONNECTION_SECONDS, CONTROL_SECONDS
from forge.store.unreadable import note_unreadable


@dataclass(frozen=True, slots=True)
class TableControls:
    table: Table
    clock: Clock

    def connect(self, connection: Connection) -> None:
        """The connection's own item first: what the session lists can always be looked up."""
        item: Item = {
            **layout.single("connection", connection.connection_id),
            "session_key": str(connection.key),
            "connected_at": connection.connected_at,
            "expires_at": self.clock() // 1_000 + CONNECTION_SECONDS,
        }
        self.table.put(item)
        self._update(connection.key, Change().add("connections", frozenset({connection.connection_id})))

    def disconnect(self, connection_id: str, key: SessionKey | None = None) -> None:
        """The session's list first: if this stops half-way, the rest can still be found."""
        if key is None and (connection := self.connection(connection_id)):
            key = connection.key
        if key is not None:
            self._update(key, Change().discard("connections", frozenset({connection_id})))
        self.table.delete(layout.single("connection", connection_id))

    def connection(self, connection_id: str) -> Connection | None:
        item = self.table.get(layout.single("connection", connection_id))
        if item is None or not alive(item, self.clock()):
            return None
        if type(item.get("session_key")) is not str:
            note_unreadable(item)
            return None
        return Connection(
            connection_id=connection_id,
            key=SessionKey.parse(item["session_key"]),
            connected_at=plain(item.get("connected_at"), int, 0),
        )

    def request_interrupt(self, key: SessionKey, run_id: str) -> None:
        self._update(key, Change().set(interrupt=run_id))

    def watch(self, key: SessionKey, until: int) -> None:
        self._update(key, Change().set(watched_until=until))

    def read(self, keys: Sequence[SessionKey]) -> dict[SessionKey, Control]:
        wanted = [layout.control(key) for key in dict.fromkeys(keys)]
        now = self.clock()
        items = [item for item in self.table.read_many(wanted) if alive(item, now)]
        return {control.key: control for control in map(_control, items)}

    def _update(self, key: SessionKey, change: Change) -> None:
        """A control item that does not take the change is made anew: those who listen say so with their next frame."""
        change.set(expires_at=self.clock() // 1_000 + CONTROL_SECONDS)
        try:
            self.table.update(layout.control(key), change)
        except Unfit:
            note_unreadable(layout.control(key))
            self.table.delete(layout.control(key))
            self.table.update(layout.control(key), change)


def connections_of(item: Item) -> frozenset[str]:
    found: frozenset[object] = plain(item.get("connections"), frozenset, frozenset())
    return frozenset(each for each in found if isinstance(each, str))


def _control(item: Item) -> Control:
    """Each attribute for itself: one of another kind counts as absent."""
    return Control(
        key=layout.session_of_partition(item["pk"]),
        connections=connections_of(item),
        interrupt=plain(item.get("interrupt"), str, None),
        watched_until=plain(item.get("watched_until"), int, 0),
        deleted=plain(item.get("deleted"), int, 0),
    )

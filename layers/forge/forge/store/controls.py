"""Control items: what connections and requests ask of a session's run without writing the hot item."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed, Unfit
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import RateLimited, StillRateLimited, TooManyConnections
from forge.models.request_prices import FRAMES_AHEAD_MS
from forge.models.session import Connection, Control
from forge.models.session_key import SessionKey
from forge.ports.clock import Clock
from forge.store import keys as layout
from forge.store.config import (
    CLOCK_MARGIN_SECONDS,
    CONNECTION_SECONDS,
    CONNECTIONS_LIMIT,
    CONTROL_SECONDS,
)
from forge.store.limits.rate_limit import IDLE
from forge.store.stored.lenient_reading import plain
from forge.store.stored.session_lifetime import alive
from forge.store.stored.unreadable_items import note_unreadable

REMEMBERED = 1_000
"""Number of connections that a process remembers; it forgets the one that sent a frame least recently."""
_TOO_MANY = "Too many frames on this connection."


def _furthest(now: int) -> int:
    """A rate that is used up until later than this was charged by a clock that was wrong."""
    return now + FRAMES_AHEAD_MS + CLOCK_MARGIN_SECONDS * 1_000


class Hurried:
    """The time until which each connection has used up its rate. It only grows, so the table would refuse these
    frames too, unless a wrong clock charged them.
    """

    def __init__(self) -> None:
        self._used: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def check(self, connection_id: str, cost: int, now: int) -> None:
        """Raises `StillRateLimited`."""
        latest = now + FRAMES_AHEAD_MS - cost
        with self._lock:
            if (used := self._used.get(connection_id, 0)) > _furthest(now):
                del self._used[connection_id]  # otherwise it would seem right once that time is near
                return
        if used > latest:
            raise StillRateLimited(_TOO_MANY, retry_after=(used - latest) / 1_000)

    def refuse(self, connection_id: str, used: int, latest: int) -> RateLimited:
        """Return the error to raise. `used`: the time until which the rate is used up; `latest`: the latest such time
        that would allow this frame.
        """
        with self._lock:
            self._used[connection_id] = used
            self._used.move_to_end(connection_id)
            if len(self._used) > REMEMBERED:
                self._used.popitem(last=False)
        return RateLimited(_TOO_MANY, retry_after=(used - latest) / 1_000)


_CONNECT_RETRY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class TableControls:
    table: Table
    """The DynamoDB table."""
    clock: Clock
    """The time in epoch milliseconds."""
    hurried: Hurried = field(default_factory=Hurried)
    """The connections that have used up their rate, as far as this process knows."""

    def connect(self, connection: Connection) -> None:
        """Write the connection's own item first, so that every connection in the session's list can be looked up."""
        item: Item = {
            **layout.single("connection", connection.connection_id),
            "session_key": str(connection.key),
            "connected_at": connection.connected_at,
            "origin": connection.origin,
            "payer": connection.payer,
            "expires_at": self.clock() // 1_000 + CONNECTION_SECONDS,
        }
        self.table.put(item if connection.until is None else {**item, "until": connection.until})
        change = ConditionalWrite().add("connections", frozenset({connection.connection_id}))
        change.when("attribute_not_exists(connections) OR size(connections) < :most", most=CONNECTIONS_LIMIT)
        if connection.until is not None:
            change.assign("#end = :end", end=connection.until).named(end=_end(connection.connection_id))
        try:
            self._update(connection.key, change)
        except ConditionFailed:
            self.table.delete(layout.single("connection", connection.connection_id))
            raise TooManyConnections(retry_after=_CONNECT_RETRY_SECONDS) from None

    def extend(self, connection: Connection, until: int) -> None:
        change = ConditionalWrite().assign("#until = :until", until=until).named(until="until")
        change.when("attribute_exists(pk)")
        try:
            self.table.update(layout.single("connection", connection.connection_id), change)
        except ConditionFailed:
            return
        listed = ConditionalWrite().assign("#end = :end", end=until).named(end=_end(connection.connection_id))
        self._update(connection.key, listed)

    def disconnect(self, connection_id: str, key: SessionKey | None = None) -> None:
        """Change the session's list first, so that the connection can still be found if this stops half-way."""
        if key is None and (connection := self.connection(connection_id)):
            key = connection.key
        if key is not None:
            change = ConditionalWrite().discard("connections", frozenset({connection_id}))
            self._update(key, change.remove("#end").named(end=_end(connection_id)))
        self.table.delete(layout.single("connection", connection_id))

    def heard(self, connection_id: str, cost: int) -> Connection | None:
        """Charge the frame: one write, two when frames come quickly, none after a refusal. The count is exact under
        concurrency.
        """
        now, key = self.clock(), layout.single("connection", connection_id)
        self.hurried.check(connection_id, cost, now)
        idle = ConditionalWrite().set(tat=now + cost).when("attribute_exists(pk)")
        try:
            far = _furthest(now)
            item = self.table.update(key, idle.when(IDLE, now=now, far=far))
        except ConditionFailed as refused:
            item = refused.item and self._ahead(connection_id, now, cost)
        return self._connection(connection_id, item)

    def _ahead(self, connection_id: str, now: int, cost: int) -> Item | None:
        key, latest = layout.single("connection", connection_id), now + FRAMES_AHEAD_MS - cost
        change = (
            ConditionalWrite().assign("tat = tat + :cost", cost=cost).when("tat <= :latest", latest=latest)
        )
        try:
            return self.table.update(key, change)
        except ConditionFailed as refused:
            if refused.item is None:
                return None
            used = plain(refused.item.get("tat"), int, latest)
            raise self.hurried.refuse(connection_id, used, latest) from None

    def connection(self, connection_id: str) -> Connection | None:
        return self._connection(connection_id, self.table.get(layout.single("connection", connection_id)))

    def _connection(self, connection_id: str, item: Item | None) -> Connection | None:
        if item is None or not alive(item, self.clock()):
            return None
        if type(item.get("session_key")) is not str:
            note_unreadable(item)
            return None
        return Connection(
            connection_id=connection_id,
            key=SessionKey.parse(item["session_key"]),
            connected_at=plain(item.get("connected_at"), int, 0),
            until=plain(item.get("until"), int, None),
            origin=plain(item.get("origin"), str, ""),
            payer=plain(item.get("payer"), str, ""),
        )

    def request_interrupt(self, key: SessionKey, run_id: str) -> None:
        self._update(key, ConditionalWrite().set(interrupt=run_id))

    def watch(self, key: SessionKey, until: int) -> None:
        self._update(key, ConditionalWrite().set(watched_until=until))

    def read(self, keys: Sequence[SessionKey], *, consistent: bool = True) -> dict[SessionKey, Control]:
        wanted = [layout.control(key) for key in dict.fromkeys(keys)]
        now = self.clock()
        items = [item for item in self.table.read_many(wanted, consistent=consistent) if alive(item, now)]
        return {control.key: control for control in (_control(item, now) for item in items)}

    def _update(self, key: SessionKey, change: ConditionalWrite) -> None:
        """If the control item cannot take the change, create it again. Listening connections are listed again with
        their next frame.
        """
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


def _end(connection_id: str) -> str:
    """An attribute of its own holds the end of a connection's token, so that each can be written without reading the
    list.
    """
    return f"end#{connection_id}"


def _control(item: Item, now: int) -> Control:
    """Check each attribute separately; one of another type counts as absent."""
    listed = connections_of(item)
    over = frozenset(each for each in listed if plain(item.get(_end(each)), int, now + 1) <= now)
    return Control(
        key=layout.session_of_partition(item["pk"]),
        connections=listed - over,
        over=over,
        interrupt=plain(item.get("interrupt"), str, None),
        watched_until=plain(item.get("watched_until"), int, 0),
        deleted=plain(item.get("deleted"), int, 0),
    )

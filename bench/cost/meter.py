"""Counts the billed part of each request to DynamoDB, SQS and `@connections`, as it leaves botocore."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from botocore.awsrequest import AWSPreparedRequest

from bench.cost.units import TypedItem, index_units, item_size, read_units, write_units

Counts = dict[str, float]

INDEXES = (("work_shard", "work_due"), ("owned_by", "created_at"))
"""Keys of the table's indexes, which contain keys only."""
POLL = "ReceiveMessage"
"""Workers poll every few seconds, whether or not anybody chats, so polling belongs to the cost of an idle
installation.
"""
NOBODYS = frozenset({"catalog"})
"""Items that are written every minute, whether or not anybody chats."""
SQS_BYTES = 64 * 1_024
FRAME_BYTES = 32 * 1_024


class Glance(Protocol):
    """A read of the table that is not counted."""

    def item(self, key: TypedItem) -> TypedItem | None: ...
    def found(self, query: Mapping[str, Any]) -> Sequence[TypedItem]: ...


@dataclass(frozen=True, slots=True)
class _Write:
    key: TypedItem
    before: TypedItem | None
    times: int


class Meter:
    """The cost of a write is known after it, so it is counted with the next request, or by `take`."""

    def __init__(self, glance: Glance) -> None:
        self._glance = glance
        self._counts: Counts = defaultdict(float)
        self._open: list[_Write] = []

    def attach(self, client: Any) -> None:
        """From now on count what `client` sends."""
        client.meta.events.register_first("before-send", self._sent)

    def take(self) -> Counts:
        """Return the counts since the last call."""
        self._settle()
        taken, self._counts = self._counts, defaultdict(float)
        return taken

    def add(self, name: str, count: float = 1) -> None:
        self._counts[name] += count

    def frame(self, size: int) -> None:
        self.add("frames", max(1, -(-size // FRAME_BYTES)))
        self.add("frame bytes", size)

    def _sent(self, request: AWSPreparedRequest, **_: Any) -> None:
        headers = {name.lower(): _plain(value) for name, value in request.headers.items()}
        body = _plain(request.body or b"")
        service, _dot, operation = headers.get("x-amz-target", "").partition(".")
        if service.startswith("DynamoDB"):
            self._settle()
            self._table(operation, json.loads(body))
        elif service == "AmazonSQS":
            self.add("SQS requests", 0 if operation == POLL else max(1, -(-len(body) // SQS_BYTES)))
        elif request.method == "POST":
            self.frame(len(body.encode()))

    def _table(self, operation: str, asked: Mapping[str, Any]) -> None:
        self.add("DynamoDB calls")
        if operation == "Query":
            size = sum(item_size(item) for item in self._glance.found(asked))
            self._read(size, asked)
            return
        if reads := _READS.get(operation):
            for key, how in reads(asked):
                self._read(item_size(self._glance.item(key)), how)
            return
        for write, times in _WRITES[operation](asked):
            key = write.get("Key") or {name: write["Item"][name] for name in ("pk", "sk")}
            self._open.append(_Write(key, self._glance.item(key), times))

    def _read(self, size: int, how: Mapping[str, Any]) -> None:
        """A query is billed by the bytes of all items that it finds, whatever it returns."""
        self.add("read units", read_units(size, consistent=bool(how.get("ConsistentRead"))))

    def _settle(self) -> None:
        for write in self._open:
            if write.key["sk"]["S"] in NOBODYS:
                continue
            after = self._glance.item(write.key)
            self.add("write units", write.times * write_units(item_size(write.before), item_size(after)))
            indexed = sum(index_units(write.before, after, *index) for index in INDEXES)
            self.add("index write units", write.times * indexed)
        self._open.clear()


_Asked = Mapping[str, Any]


def _single(asked: _Asked) -> Iterator[tuple[Any, int]]:
    yield asked, 1


def _transacted(asked: _Asked) -> Iterator[tuple[Any, int]]:
    """Each item of a transaction is billed twice, whether it is written or only checked."""
    for each in asked["TransactItems"]:
        yield from ((write, 2) for write in each.values())


def _batched(asked: _Asked) -> Iterator[tuple[Any, int]]:
    for each in chain.from_iterable(asked["RequestItems"].values()):
        yield from ((write, 1) for write in each.values())


def _one(asked: _Asked) -> Iterator[tuple[Any, _Asked]]:
    yield asked["Key"], asked


def _many(asked: _Asked) -> Iterator[tuple[Any, _Asked]]:
    for table in asked["RequestItems"].values():
        yield from ((key, table) for key in table["Keys"])


_WRITES: dict[str, Callable[[_Asked], Iterator[tuple[Any, int]]]] = {
    "UpdateItem": _single,
    "PutItem": _single,
    "DeleteItem": _single,
    "TransactWriteItems": _transacted,
    "BatchWriteItem": _batched,
}
_READS: dict[str, Callable[[_Asked], Iterator[tuple[Any, _Asked]]]] = {
    "GetItem": _one,
    "BatchGetItem": _many,
}


def _plain(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)

"""How often handling a queue message of a given name has ended in an exception, on any worker."""

from __future__ import annotations

from dataclasses import dataclass

from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.stored.lenient_reading import plain

_KEPT_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class TableDeliveryFailures:
    table: Table
    """The DynamoDB table."""
    clock: Clock
    """The time in epoch milliseconds."""

    def count(self, name: str) -> int:
        change = ConditionalWrite().add("faults", 1).set(expires_at=self.clock() // 1_000 + _KEPT_SECONDS)
        return plain(self.table.update(keys.single("fault", name), change).get("faults"), int, 1)

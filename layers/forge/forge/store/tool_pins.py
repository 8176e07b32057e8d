"""Fingerprints of the tools of third-party servers as of their first use, and changed definitions that wait for the
operator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import NotFound, StorageUnavailable
from forge.ports.tool_pins import Proposal
from forge.store import keys
from forge.store.config import CONTENTION_TRIES

_ALL = keys.single("pins", "servers")
"""The key of the item that names all servers that were ever pinned."""


@dataclass(frozen=True, slots=True)
class TablePins:
    """One item for each server, which does not expire: `pinned` (tool → fingerprint) and `waiting` (tool → proposed
    definition).
    """

    table: Table
    """The DynamoDB table."""

    def read(self, server: str) -> dict[str, str]:
        return _texts(self._item(server), "pinned")

    def add(self, server: str, fingerprints: Mapping[str, str]) -> dict[str, str]:
        for _ in range(CONTENTION_TRIES):
            old = self._item(server)
            pinned = {**fingerprints, **_texts(old, "pinned")}
            if old and pinned == _texts(old, "pinned"):
                return pinned
            if self._written(server, old, pinned=pinned):
                self._remember(server)
                return pinned
        raise StorageUnavailable("The pins are too busy.", retry_after=1.0)

    def propose(self, server: str, proposals: Mapping[str, Proposal]) -> None:
        """Write the proposals if they have changed. A definition that the server has withdrawn no longer waits."""
        wanted = {tool: {"fingerprint": p.fingerprint, "shown": p.shown} for tool, p in proposals.items()}
        old = self._item(server)
        if old and old.get("waiting", {}) != wanted:
            self._written(server, old, waiting=wanted)

    def waiting(self, server: str) -> dict[str, Proposal]:
        found = (self._item(server) or {}).get("waiting")
        waiting = cast("dict[str, dict[str, str]]", found if isinstance(found, dict) else {})
        return {tool: Proposal(each["fingerprint"], each["shown"]) for tool, each in waiting.items()}

    def servers(self) -> list[str]:
        item = self.table.get(_ALL)
        return sorted((item or {}).get("known_servers", []))

    def agree(self, server: str, tool: str, fingerprint: str) -> None:
        """Accept exactly the definition that was shown. Raises `NotFound` if it does not wait any more."""
        for _ in range(CONTENTION_TRIES):
            old, waiting = self._item(server), self.waiting(server)
            if old is None or tool not in waiting or waiting[tool].fingerprint != fingerprint:
                raise NotFound(f"No such definition of {server}/{tool} waits.")
            pinned = {**_texts(old, "pinned"), tool: fingerprint}
            left = {name: each for name, each in old["waiting"].items() if name != tool}
            if self._written(server, old, pinned=pinned, waiting=left):
                return
        raise StorageUnavailable("The pins are too busy.", retry_after=1.0)

    def _item(self, server: str) -> Item | None:
        return self.table.get(keys.single("pins", f"server {server}"))

    def _written(self, server: str, old: Item | None, **values: Any) -> bool:
        """Return False if another process has written since `old` was read."""
        change = ConditionalWrite().set(**values, pins_version=old["pins_version"] + 1 if old else 1)
        if old is None:
            change.when("attribute_not_exists(pk)")
        else:
            change.when("pins_version = :seen", seen=old["pins_version"])
        try:
            self.table.update(keys.single("pins", f"server {server}"), change)
        except ConditionFailed:
            return False
        return True

    def _remember(self, server: str) -> None:
        for _ in range(CONTENTION_TRIES):
            item = self.table.get(_ALL)
            names = sorted({*(item or {}).get("known_servers", []), server})
            if item and names == item.get("known_servers"):
                return
            change = ConditionalWrite().set(known_servers=names)
            if item:
                change.when("known_servers = :seen", seen=item["known_servers"])
            else:
                change.when("attribute_not_exists(pk)")
            try:
                self.table.update(_ALL, change)
            except ConditionFailed:
                continue
            return


def _texts(item: Item | None, name: str) -> dict[str, str]:
    found = (item or {}).get(name)
    return cast("dict[str, str]", found) if isinstance(found, dict) else {}

"""The queue messages of everything that this process works on, kept invisible to other workers by calls for ten
messages each.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from forge.models.timing import EXTEND_SECONDS, FIRST_EXTEND_SECONDS

BATCH = 10
"""Maximum messages that SQS accepts in one call."""


@dataclass(eq=False)
class Kept:
    """`receipt`: the handle of the message's last delivery."""

    receipt: Callable[[], str]
    due_at: float
    is_under_way: bool = False


class KeptMessages:
    """Times are those of the event loop's clock."""

    def __init__(self) -> None:
        self._kept: set[Kept] = set()

    @contextmanager
    def keep(self, receipt: Callable[[], str], now: float) -> Generator[None]:
        kept = Kept(receipt, now + FIRST_EXTEND_SECONDS)
        self._kept.add(kept)
        try:
            yield
        finally:
            self._kept.discard(kept)

    def begin_batches(self, now: float) -> list[Sequence[Kept]]:
        """Return the messages that are due. Free room in the last batch goes to those that are due next, which
        costs nothing; from then on they are due together.
        """
        waiting = sorted((kept for kept in self._kept if not kept.is_under_way), key=lambda kept: kept.due_at)
        due = sum(kept.due_at <= now for kept in waiting)
        calls = -(-due // BATCH)
        batches = [waiting[number * BATCH : (number + 1) * BATCH] for number in range(calls)]
        for kept in (kept for batch in batches for kept in batch):
            kept.is_under_way = True
        return list(batches)

    def end_batch(self, batch: Sequence[Kept], now: float) -> None:
        for kept in batch:
            kept.is_under_way, kept.due_at = False, now + EXTEND_SECONDS

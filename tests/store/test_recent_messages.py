"""Of a long conversation a process reads each message once."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from forge.models.message import Message, ToolDisplay
from forge.models.run import Progress
from forge.models.session import Session
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.store import Store, keys
from forge.store.stored.message_log import UNREADABLE
from forge.store.stored.recent_messages import IDLE_SECONDS, LONG, RecentMessages, memory_of
from tests.store.scenes import spoken, started
from tests.worker.test_damaged_items import damage


def conversation(store: Store, name: str, length: int) -> Session:
    lease = started(store, key=SessionKey(ANONYMOUS, name))
    for _ in range(0, length - 1, 20):
        lease = store.runs.append(lease, Progress(drafts=[spoken(f"{name} speaks")] * 20))
    return lease.session


class Reads:
    """Reads from the store, and remembers what."""

    def __init__(self, store: Store, session: Session) -> None:
        self._store, self._session = store, session
        self.ranges: list[tuple[int, int]] = []

    def __call__(self, start: int, stop: int) -> list[Message]:
        self.ranges.append((start, stop))
        return self._store.sessions.messages(self._session, start, stop)


@pytest.mark.slow
def test_of_a_long_conversation_only_new_and_earlier_messages_are_read(store: Store) -> None:
    session, recent = conversation(store, "long", 3 * LONG), RecentMessages()
    whole = store.sessions.messages(session)
    reads = Reads(store, session)
    for start, stop in ((LONG, 2 * LONG), (LONG + 2, 2 * LONG + 2), (0, 2 * LONG), (0, 2 * LONG + 2)):
        assert recent.of(session, start, stop, reads) == whole[start:stop]
    assert reads.ranges == [(LONG, 2 * LONG), (2 * LONG, 2 * LONG + 2), (0, LONG)]


def test_a_few_messages_are_read_each_time(store: Store) -> None:
    session, recent = conversation(store, "short", LONG), RecentMessages()
    reads = Reads(store, session)
    for _ in range(2):
        assert len(recent.of(session, 0, LONG - 1, reads)) == LONG - 1
    assert reads.ranges == [(0, LONG - 1)] * 2


@pytest.mark.slow
def test_messages_that_are_not_used_or_do_not_fit_are_forgotten(store: Store) -> None:
    now = [0.0]
    sessions = [conversation(store, name, LONG) for name in ("one", "two", "three")]
    recent = RecentMessages(bytes_limit=350_000, monotonic=lambda: now[0])
    reads = [Reads(store, session) for session in sessions]
    for number in (0, 1, 0, 2, 0, 1):  # there is room for two, and the second was used before the first
        recent.of(sessions[number], 0, LONG, reads[number])
    assert [len(each.ranges) for each in reads] == [1, 2, 1]
    now[0] = IDLE_SECONDS + 1
    recent.of(sessions[1], 0, LONG, reads[1])
    assert len(reads[1].ranges) == 3


def test_a_message_that_could_not_be_read_is_read_again(store: Store, dynamodb: Any) -> None:
    session, recent = conversation(store, "damaged", LONG), RecentMessages()
    reads = Reads(store, session)
    key = keys.message(session.key, session.generation, 7)
    damage(dynamodb, key, "sender", {"N": "1"})
    assert recent.of(session, 0, LONG, reads)[7].content == UNREADABLE
    damage(dynamodb, key, "sender", {"S": "agent"})
    assert recent.of(session, 0, LONG, reads)[7].content == "damaged speaks"
    assert recent.of(session, 0, LONG, reads)[7].content == "damaged speaks"
    assert reads.ranges == [(0, LONG), (7, 8)]


def shown(number: int, content: str = "", **tool: Any) -> Message:
    """A message as it is read from the table: none of its texts is shared."""
    display = ToolDisplay.model_validate_json(json.dumps({"call_id": str(number), "name": "t", **tool}))
    own = content.encode().decode()
    return Message(seq=number, sender="agent", content=own, created_at=1, run_id=str(number), tool=display)


@pytest.mark.parametrize(
    "parts",
    [
        {"content": "x" * 4_000, "outcome": "success"},
        {"content": "\N{GRINNING FACE}" * 4_000},
        {"arguments": {"lists": [[] for _ in range(1_300)]}},
        {"arguments": {f"k{number}": {"n": number} for number in range(200)}},
    ],
)
def test_no_message_takes_much_more_memory_than_is_reckoned(parts: dict[str, Any]) -> None:
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    messages = [shown(number, **parts) for number in range(50)]
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert taken < 1.3 * sum(map(memory_of, messages)) < 3 * taken

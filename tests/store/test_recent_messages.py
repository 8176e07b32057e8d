"""Of a long conversation a process reads each message once."""

from __future__ import annotations

from forge.models.ids import ANONYMOUS, SessionKey
from forge.models.message import Message
from forge.models.run import Progress
from forge.models.session import Session
from forge.store import Store
from forge.store.stored.recent_messages import IDLE_SECONDS, LONG, RecentMessages
from tests.store.scenes import spoken, started


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

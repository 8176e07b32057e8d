"""Numbers finished messages. A message's number is its place in the session's log, and never changes."""

from __future__ import annotations

from collections.abc import Sequence

from forge.dynamodb.write import ConditionalWrite
from forge.models.message import Draft
from forge.models.session import Session
from forge.store.config import StoreConfig
from forge.store.running.commit import Transition
from forge.store.stored.message_log import message_items


def log_messages(session: Session, drafts: Sequence[Draft], config: StoreConfig, now: int) -> Transition:
    """Give each of `drafts` the next number of its session, and append it to the message log."""
    end = config.lifetime.child_end(now)
    messages = [draft.at(session.logged + offset) for offset, draft in enumerate(drafts)]
    count, active_at = session.logged + len(messages), max(session.last_activity_at, now)
    return Transition(
        change=ConditionalWrite().set(logged=count, last_activity_at=active_at),
        puts=[
            item for each in messages for item in message_items(session.key, session.generation, each, end)
        ],
        after=session.model_copy(update={"logged": count, "last_activity_at": active_at}),
        messages=messages,
    )

"""Adds older messages, which a client reads page by page, to a conversation."""

from __future__ import annotations

from dataclasses import replace

from forge_client.conversation import Conversation
from forge_client.frames import State


def with_older(conversation: Conversation, page: State) -> Conversation:
    """Return the conversation with a page of `GET /api/state?before=` in front of it.

    A page changes nothing if it is of another generation or does not end directly before `conversation.first`:
    while it was loaded, the server may have left out messages in between. An empty page says that nothing is earlier.
    """
    older = {message.seq: message for message in page.messages if message.seq is not None}
    if page.generation != conversation.generation:
        return conversation
    if older and max(older) != conversation.first - 1:
        return conversation
    return replace(conversation, finished={**older, **conversation.finished}, first=page.first_seq)

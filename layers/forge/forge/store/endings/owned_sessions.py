"""A person's sessions, newest first, by the index of signed-in owners.

DynamoDB updates the index after the write, so a session that began within about the last second may be missing. The
listed sessions are read from the table, so a session that has ended is never shown.
"""

from __future__ import annotations

import re
from collections.abc import Generator

from forge.dynamodb.codec import Item
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import InvalidRequest, SessionUnreadable
from forge.models import patterns
from forge.models.account import OwnedPage
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.store import keys
from forge.store.stored.session_item import current, session_of
from forge.store.stored.session_lifetime import alive

_PAGE = 100
_CURSOR = re.compile(
    rf"([0-9]{{1,15}})\.({keys.HOT}|{keys.COPY})\.({patterns.SESSION_ID.removeprefix('^').removesuffix('$')})"
)


def owned_page(table: Table, now: int, owner: str, most: int, after: str | None) -> OwnedPage:
    """Raises `InvalidRequest` if `after` does not come from an earlier page."""
    members = _members(table, owner, most, _place(owner, after) if after else None)
    wanted = [_key(member) for member in members if member["sk"] == keys.HOT]
    found = {item["pk"]: item for item in table.read_many(wanted)}
    readable = (_readable(found.get(key["pk"]), now) for key in wanted)
    sessions = [current(session, now) for session in readable if session]
    return OwnedPage(sessions, _cursor(members[-1]) if len(members) == most else None)


def owned_keys(table: Table, owner: str) -> Generator[SessionKey]:
    """Yield the keys of all sessions in the index, including those that have ended or are being copied."""
    place: Item | None = None
    while members := _members(table, owner, _PAGE, place):
        yield from (keys.session_of_partition(member["pk"]) for member in members)
        place = members[-1]


def _members(table: Table, owner: str, most: int, place: Item | None) -> list[Item]:
    return table.newest_keys(
        keys.OWNED_INDEX, ConditionalWrite().when("owned_by = :owner", owner=owner), most, place
    )


def _readable(item: Item | None, now: int) -> Session | None:
    """Leave out a session that cannot be read (`session_of` has logged it)."""
    try:
        return session_of(item) if item and alive(item, now) else None
    except SessionUnreadable:
        return None


def _key(member: Item) -> keys.Key:
    return {"pk": member["pk"], "sk": member["sk"]}


def _cursor(member: Item) -> str:
    return f"{member['created_at']}.{member['sk']}.{keys.session_of_partition(member['pk']).session_id}"


def _place(owner: str, after: str) -> Item:
    """The index key is built from the owner, not from the client's `after`, so no caller can start in another owner's
    list.
    """
    match = _CURSOR.fullmatch(after)
    if match is None:
        raise InvalidRequest("after: this is not what an earlier page said.")
    key = SessionKey(owner, match[3])
    return {"pk": keys.partition(key), "sk": match[2], **keys.owned(key), "created_at": int(match[1])}

"""Conversion between the stored hot item and the entity that all other modules use."""

from __future__ import annotations

from typing import Any, cast, get_args

from pydantic import ValidationError

from forge.dynamodb.codec import Item
from forge.dynamodb.write import ConditionalWrite
from forge.errors import SessionUnreadable
from forge.models.approval_reply import ApprovalReply
from forge.models.run import ActiveRun, ChainWait, Outcome, Submission
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.store import keys
from forge.store.stored.item_schema import completed
from forge.store.stored.lenient_reading import lenient, plain, text_map
from forge.store.stored.unreadable_items import note_unreadable
from forge.store.stored.wallet_requests import asks_of, doubts_of, read_approvals, strangers_of

ACTIVE_ATTRIBUTES = (
    "active_id",
    "active",
    "attempt",
    "worker",
    "claim",
    "lease_until",
    "started_at",
    "input_logged",
    "streamed",
    "text_base",
    "text_parts",
    "shown_results",
    "put_back_at",
    "chain_wait",
    "strikes",
    "mark",
    "claimed_at",
    "lived",
    "alone",
    "history_base",
    "stop_fence",
    "taken_from",
    "withdrawn",
)
"""Attributes that exist only while a run is active."""

WORK_ATTRIBUTES = ("work_shard", "work_due")
"""Attributes that put a session into the index of sessions with work."""


_OUTCOMES = frozenset(get_args(Outcome))


def session_of(item: Item) -> Session:
    """Raises `SessionUnreadable`."""
    try:
        return _session(completed(item))
    except (SessionUnreadable, AttributeError, KeyError, TypeError, ValidationError) as error:
        note_unreadable(item, error)
        raise SessionUnreadable from error


def _session(item: Item) -> Session:
    approvals, foreign = read_approvals(item)
    return Session(
        key=keys.session_of_partition(item["pk"]),
        generation=item["generation"],
        rev=item["rev"],
        network=item["network"],
        title=item.get("title"),
        inbox=[_submission(run_id, item["inbox"][run_id]) for run_id in item["inbox_order"]],
        active=_active(item),
        withdrawn=[_submission(entry["run_id"], entry) for entry in item.get("withdrawn", [])],
        approvals=approvals,
        foreign_approvals=foreign,
        asks=asks_of(item),
        strangers=strangers_of(item),
        used_hashes=item.get("used_hashes", []),
        doubts=doubts_of(item),
        spent=item.get("spent", 0),
        wallet=plain(item.get("wallet"), str, None),
        recent=_recent(item),
        logged=item["logged"],
        history=item["history_count"],
        tokens=item["tokens"],
        created_at=item["created_at"],
        last_activity_at=item["last_activity_at"],
        expires_at=item["expires_at"],
    )


def _recent(item: Item) -> dict[str, Outcome]:
    """Leave out outcomes that a newer version has added."""
    known = text_map(item["recent"])
    order = [run_id for run_id in item["recent_order"] if isinstance(run_id, str)]
    return {run_id: cast("Outcome", known[run_id]) for run_id in order if known.get(run_id) in _OUTCOMES}


def current(session: Session, now: int) -> Session:
    """Leave out requests that have expired, because they no longer wait for an answer, although only the next run
    records that.
    """
    open_ones = {
        "approvals": [each for each in session.approvals if each.expires_at > now],
        "foreign_approvals": [each for each in session.foreign_approvals if each.expires_at > now],
        "asks": [each for each in session.asks if each.expires_at > now],
    }
    return session.model_copy(update=open_ones)


def new_item(key: SessionKey, now: int, old: Item | None, **values: Any) -> Item:
    """Return the first item of a generation. `generation`, `rev` and `fence` grow over all lives of the key.

    They start from the clock, so that they do not repeat after the item was deleted in between.
    """
    return {
        **keys.hot(key),
        **keys.owned(key),
        **{name: _grown(old, name, now) for name in ("generation", "rev", "fence")},
        "inbox": {},
        "inbox_order": [],
        "approvals": [],
        "recent": {},
        "recent_order": [],
        "logged": 0,
        "history_count": 0,
        "tokens": 0,
        "tat": now,
        "created_at": now,
        "last_activity_at": now,
        **values,
    }


def only_if(change: ConditionalWrite, old: Item | None) -> ConditionalWrite:
    """Add the condition that `old` has not changed (or that there still is no item)."""
    if old is None:
        return change.when("attribute_not_exists(pk)")
    for name in ("rev", "generation"):
        if name in old:
            change.when(f"{name} = :seen_{name}", **{f"seen_{name}": old[name]})
        else:
            change.when("attribute_exists(pk)", f"attribute_not_exists({name})")
    return change


def _grown(old: Item | None, name: str, now: int) -> int:
    before = (old or {}).get(name)
    return max(now, before + 1) if type(before) is int else now


def entry_of(submission: Submission) -> Item:
    """An inbox entry; the run id is its key in the map."""
    entry: Item = {
        "sender": submission.sender,
        "content": submission.content,
        "created_at": submission.created_at,
    }
    if submission.approval:
        entry["approval"] = submission.approval.model_dump_json()
    if submission.payer:
        entry["payer"] = submission.payer
    if submission.trace:
        entry["trace"] = submission.trace
    if submission.replaces_earlier:
        entry["replaces_earlier"] = True
    return entry


def _submission(run_id: str, entry: Item) -> Submission:
    approval = entry.get("approval")
    return Submission(
        run_id=run_id,
        sender=entry.get("sender", "user"),
        content=entry["content"],
        created_at=entry.get("created_at", 0),
        approval=ApprovalReply.model_validate_json(approval) if approval else None,
        payer=plain(entry.get("payer"), str, ""),
        trace=plain(entry.get("trace"), str, ""),
        replaces_earlier=plain(entry.get("replaces_earlier"), bool, False),
    )


def _active(item: Item) -> ActiveRun | None:
    if "active_id" not in item:
        return None
    return ActiveRun(
        submission=_submission(item["active_id"], item["active"]),
        attempt=item["attempt"],
        fence=item["fence"],
        worker=item["worker"],
        lease_until=item["lease_until"],
        started_at=item["started_at"],
        input_logged=item["input_logged"],
        text=item["streamed"],
        text_base=item["text_base"],
        text_parts=item["text_parts"],
        shown_results=frozenset(item["shown_results"]),
        put_back_at=item.get("put_back_at"),
        chain_wait=lenient(ChainWait, item["chain_wait"]) if "chain_wait" in item else None,
        strikes=item.get("strikes", 0),
        history_base=item.get("history_base"),
        stop_fence=item.get("stop_fence", 0),
    )

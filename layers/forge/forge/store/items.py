"""The hot item as stored, and as the entity that everyone else sees."""

from __future__ import annotations

from typing import Any

from forge.models.approval import Approval, ApprovalReply
from forge.models.ids import SessionKey
from forge.models.run import ActiveRun, Submission
from forge.models.session import HotSession
from forge.store import keys
from forge.store.change import Change
from forge.store.codec import Item

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
)
"""What exists only while a run is active."""

WORK_ATTRIBUTES = ("work_shard", "work_due")
"""What puts a session into the index of those with work."""


def alive(item: Item | None, now: int) -> bool:
    """TTL deletes late: an item past its end counts as absent."""
    return item is not None and item["expires_at"] > now // 1_000


def session_of(item: Item) -> HotSession:
    return HotSession(
        key=keys.session_of_partition(item["pk"]),
        generation=item["generation"],
        rev=item["rev"],
        network=item["network"],
        title=item.get("title"),
        inbox=[_submission(run_id, item["inbox"][run_id]) for run_id in item["inbox_order"]],
        active=_active(item),
        approvals=[Approval.model_validate_json(text) for text in item["approvals"]],
        used_hashes=item.get("used_hashes", []),
        spent=item.get("spent", 0),
        wallet=item.get("wallet"),
        recent={run_id: item["recent"][run_id] for run_id in item["recent_order"]},
        logged=item["logged"],
        history=item["history_count"],
        tokens=item["tokens"],
        created_at=item["created_at"],
        last_activity_at=item["last_activity_at"],
        expires_at=item["expires_at"],
    )


def current(session: HotSession, now: int) -> HotSession:
    """As it may be shown: an approval that has expired waits for no answer, though the next run has yet to say so."""
    open_ones = [each for each in session.approvals if each.expires_at > now]
    return (
        session
        if len(open_ones) == len(session.approvals)
        else session.model_copy(update={"approvals": open_ones})
    )


def new_item(key: SessionKey, now: int, old: Item | None, **values: Any) -> Item:
    """The first form of a generation. `generation`, `rev` and `fence` grow over all lives of the key:

    seeded from the clock, so that they do not repeat after the item was deleted in between.
    """
    before = old or {"generation": 0, "rev": 0, "fence": 0}
    return {
        **keys.hot(key),
        "generation": max(now, before["generation"] + 1),
        "rev": max(now, before["rev"] + 1),
        "fence": max(now, before["fence"] + 1),
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


def only_if(change: Change, old: Item | None) -> Change:
    """The condition that nothing has happened to `old` (or that there still is no item)."""
    if old is None:
        return change.when("attribute_not_exists(pk)")
    return change.when(
        "rev = :seen", "generation = :generation", seen=old["rev"], generation=old["generation"]
    )


def entry_of(submission: Submission) -> Item:
    """An inbox entry; its key in the map is the run id."""
    entry: Item = {
        "sender": submission.sender,
        "content": submission.content,
        "created_at": submission.created_at,
    }
    if submission.approval:
        entry["approval"] = submission.approval.model_dump_json()
    return entry


def _submission(run_id: str, entry: Item) -> Submission:
    approval = entry.get("approval")
    return Submission(
        run_id=run_id,
        sender=entry["sender"],
        content=entry["content"],
        created_at=entry["created_at"],
        approval=ApprovalReply.model_validate_json(approval) if approval else None,
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
    )

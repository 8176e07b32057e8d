"""Scheduled and triggered work: cleaning up after expired sessions, and resending runs whose queue message was lost."""

from __future__ import annotations

import logging
from typing import Any

from forge.api import dependencies
from forge.api.push import end_connections
from forge.observability import error_fields, record
from forge.store.endings.after_expiry import stream_key, unanswered_of
from forge.store.stored.unanswered_runs import note_unanswered

logger = logging.getLogger(__name__)

RECOVERY_LIMIT = 100
START_LIMIT = 10_000


def expire_sessions(event: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Handle the table's stream of removed hot items. Lambda delivers the records again from the first failed one
    on.
    """
    failed: list[dict[str, str]] = []
    for removed in event["Records"]:
        try:
            _expire(removed)
        except Exception as error:  # noqa: BLE001 - one record that fails must not hold back the others
            logger.warning("session not expired", extra=error_fields(error))
            failed.append({"itemIdentifier": removed["dynamodb"]["SequenceNumber"]})
    return {"batchItemFailures": failed}


def recover_runs(event: dict[str, Any]) -> dict[str, int]:
    """The event `{"detail": {"queue_is_empty": true}}` marks the start of a stack whose queue has kept nothing."""
    detail: dict[str, Any] = event.get("detail") or {}
    everything = detail.get("queue_is_empty") is True
    limit = START_LIMIT if everything else RECOVERY_LIMIT
    messages = dependencies.store().recovery.stranded(limit, everything=everything)
    for message in messages:
        dependencies.queue().send(message, resend=True)
        logger.info("run sent again", extra={"run_id": message.run_id, "attempt": message.attempt})
        record("RunsRecovered")
    return {"recovered": len(messages)}


def _expire(removed: dict[str, Any]) -> None:
    found = stream_key(removed)
    if found is None:
        return
    key, generation = found
    connection_ids = dependencies.store().expiry.expire(key, generation)
    end_connections(key, generation, connection_ids)
    record("SessionsExpired")
    note_unanswered(key, unanswered_of(removed))
    logger.info("session expired", extra={"key_digest": key.digest, "connections": len(connection_ids)})

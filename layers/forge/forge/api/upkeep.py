"""Work that nobody asked for: what expired sessions leave, and runs whose queue message was lost."""

from __future__ import annotations

import logging
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from forge.api import dependencies
from forge.api.push import end_connections
from forge.observability import record
from forge.store import stream_key

logger = logging.getLogger(__name__)

RECOVERY_LIMIT = 100


def expire_sessions(event: dict[str, Any]) -> Any:
    """The table's stream: hot items that were removed. The records that failed come again."""
    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
    with processor(records=event["Records"], handler=_expire):
        processor.process()  # pyright: ignore[reportUnknownMemberType]
    return processor.response()


def recover_runs(_event: dict[str, Any]) -> dict[str, int]:
    messages = dependencies.store().inbox.waiting(RECOVERY_LIMIT)
    for message in messages:
        dependencies.queue().send(message, resend=True)
        logger.info("run sent again", extra={"run_id": message.run_id, "attempt": message.attempt})
        record("RunsRecovered")
    return {"recovered": len(messages)}


def _expire(removed: DynamoDBRecord) -> None:
    found = stream_key(removed.raw_event)
    if found is None:
        return
    key, generation = found
    connection_ids = dependencies.store().expiry.expire(key, generation)
    end_connections(key, generation, connection_ids)
    record("SessionsExpired")
    logger.info("session expired", extra={"session_id": key.session_id, "connections": len(connection_ids)})

"""A stand-in for DynamoDB's expiry: it deletes items past their time to live and sends the deletions to the
table's stream.
"""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from forge.aws import code_of
from local_dev.aws.event_filter import matches
from local_dev.aws.lambda_runtime import FunctionFailed, FunctionTimedOut, LambdaRuntime, PayloadTooLarge
from local_dev.template.declarations import TableStream

SCAN_SECONDS = 5.0
RETRY_SECONDS = 1.0
MAX_ATTEMPTS = 5


class Expiry:
    """One table with a time-to-live attribute, and the functions that read its stream."""

    def __init__(
        self,
        dynamodb: Any,
        table: str,
        properties: Mapping[str, Any],
        streams: Sequence[TableStream],
        runtime: LambdaRuntime,
        report: Callable[[str], None],
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._attribute = properties["TimeToLiveSpecification"]["AttributeName"]
        self._key_names = [key["AttributeName"] for key in properties["KeySchema"]]
        self._streams = streams
        self._runtime = runtime
        self._report = report
        self._retry_seconds = retry_seconds

    async def run(self, seconds: float = SCAN_SECONDS) -> None:
        """Expire items until cancelled. Retries while the emulator is unavailable."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.expire()
            except (BotoCoreError, ClientError) as error:
                self._report(f"expiry: {type(error).__name__}, trying again")

    async def expire(self) -> int:
        """Delete expired items and return their number. If the emulator fails meanwhile, the functions learn of those
        that are deleted by then.
        """
        records: list[dict[str, Any]] = []
        try:
            await asyncio.to_thread(self._delete_expired, records)
        finally:
            for stream in self._streams:
                await self._deliver_batches(stream, records)
        return len(records)

    async def _deliver_batches(self, stream: TableStream, records: Sequence[Mapping[str, Any]]) -> None:
        heard = [record for record in records if any(matches(record, each) for each in stream.patterns)]
        for start in range(0, len(heard), stream.batch_size):
            await self._deliver(stream, heard[start : start + stream.batch_size])

    async def _deliver(self, stream: TableStream, records: Sequence[Mapping[str, Any]]) -> None:
        """Deliver records. Failed records are delivered again, as by a stream, but only a limited number of times."""
        for _ in range(MAX_ATTEMPTS):
            try:
                answer = await self._runtime.invoke(stream.function, {"Records": list(records)})
            except (FunctionFailed, FunctionTimedOut, PayloadTooLarge):
                await asyncio.sleep(self._retry_seconds)
                continue
            told: dict[str, list[dict[str, str]]] = answer or {}
            failures = told.get("batchItemFailures", [])
            failed = {each["itemIdentifier"] for each in failures}
            if not failed:
                return
            records = _from_first_failed(records, failed)
            await asyncio.sleep(self._retry_seconds)
        self._report(f"{stream.function.name}: gave {len(records)} records up")

    def _delete_expired(self, records: list[dict[str, Any]]) -> None:
        now = int(time.time())
        for key in self._expired_keys(now):
            try:
                answer = self._dynamodb.delete_item(
                    TableName=self._table,
                    Key=key,
                    ReturnValues="ALL_OLD",
                    ConditionExpression="#ttl <= :now",
                    ExpressionAttributeNames={"#ttl": self._attribute},
                    ExpressionAttributeValues={":now": {"N": str(now)}},
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                continue  # the session was revived after the scan
            if image := answer.get("Attributes"):
                records.append(_removal(key, image, now, len(records)))

    def _expired_keys(self, now: int) -> list[dict[str, Any]]:
        names = {f"#k{number}": name for number, name in enumerate(self._key_names)}
        asked = {
            "TableName": self._table,
            "FilterExpression": "#ttl <= :now",
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": {**names, "#ttl": self._attribute},
            "ExpressionAttributeValues": {":now": {"N": str(now)}},
        }
        page: dict[str, Any] = self._dynamodb.scan(**asked)
        found = page["Items"]
        while last := page.get("LastEvaluatedKey"):
            page = self._dynamodb.scan(**asked, ExclusiveStartKey=last)
            found += page["Items"]
        return found


def _removal(key: Mapping[str, Any], image: Mapping[str, Any], now: int, number: int) -> dict[str, Any]:
    return {
        "eventID": uuid.uuid4().hex,
        "eventName": "REMOVE",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "local",
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
        "dynamodb": {
            "ApproximateCreationDateTime": now,
            "Keys": dict(key),
            "OldImage": _encoded(image),
            "SequenceNumber": f"{now}{number:08d}",
            "StreamViewType": "OLD_IMAGE",
        },
    }


def _encoded(attribute: Any) -> Any:
    """Encode binary values as base64, as DynamoDB's stream does."""
    if isinstance(attribute, bytes):
        return base64.b64encode(attribute).decode()
    if isinstance(attribute, dict):
        return {name: _encoded(value) for name, value in cast(dict[str, Any], attribute).items()}
    if isinstance(attribute, list):
        return [_encoded(value) for value in cast(list[Any], attribute)]
    return attribute


def _from_first_failed(records: Sequence[Mapping[str, Any]], failed: set[str]) -> Sequence[Mapping[str, Any]]:
    """Return the records from the first failed one on, because a stream continues there."""
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    first = min((numbers.index(number) for number in failed if number in numbers), default=0)
    return records[first:]
